import type { Tone } from "./status.ts";

/** What a box, an end or a stream's label is painted with. */
export interface Paint {
  readonly fill: string;
  readonly line: string;
  readonly text: string;
}

export type PaintName = Tone | "input" | "output";

/**
 * Every text keeps a contrast of at least 4.5:1 on its fill (WCAG AA; a test holds that). States differ in lightness
 * and line style too, not only in hue, and are always written out beside their colour.
 */
export const LIGHT: Readonly<Record<PaintName, Paint>> = {
  plain: { fill: "#eef2ff", line: "#6366f1", text: "#1e1b4b" },
  input: { fill: "#ecfeff", line: "#0891b2", text: "#164e63" },
  output: { fill: "#fdf4ff", line: "#a855f7", text: "#581c87" },
  waiting: { fill: "#f8fafc", line: "#94a3b8", text: "#475569" },
  ready: { fill: "#f0f9ff", line: "#0ea5e9", text: "#0c4a6e" },
  running: { fill: "#dbeafe", line: "#2563eb", text: "#1e3a8a" },
  completed: { fill: "#dcfce7", line: "#15803d", text: "#14532d" },
  failed: { fill: "#fee2e2", line: "#dc2626", text: "#7f1d1d" },
  cancelled: { fill: "#f5f5f4", line: "#78716c", text: "#44403c" },
  throttled: { fill: "#fef3c7", line: "#d97706", text: "#78350f" },
};

/** The same for a dark page. */
export const DARK: Readonly<Record<PaintName, Paint>> = {
  plain: { fill: "#262552", line: "#818cf8", text: "#e0e7ff" },
  input: { fill: "#083344", line: "#22b8cf", text: "#cffafe" },
  output: { fill: "#3b1655", line: "#c084fc", text: "#f3e8ff" },
  waiting: { fill: "#1e293b", line: "#64748b", text: "#cbd5e1" },
  ready: { fill: "#0c2f49", line: "#38bdf8", text: "#e0f2fe" },
  running: { fill: "#1e3a8a", line: "#60a5fa", text: "#dbeafe" },
  completed: { fill: "#14432a", line: "#4ade80", text: "#dcfce7" },
  failed: { fill: "#571a1a", line: "#f87171", text: "#fee2e2" },
  cancelled: { fill: "#292524", line: "#a8a29e", text: "#e7e5e4" },
  throttled: { fill: "#4a2a0a", line: "#fbbf24", text: "#fef3c7" },
};

/** Paper, frames and quiet text. */
export interface Ground {
  readonly paper: string;
  readonly frame: string;
  readonly group: string;
  readonly arrow: string;
  readonly quiet: string;
  readonly text: string;
}

export const LIGHT_GROUND: Ground = {
  paper: "#ffffff",
  frame: "#e2e8f0",
  group: "#f8fafc",
  arrow: "#94a3b8",
  quiet: "#64748b",
  text: "#334155",
};
export const DARK_GROUND: Ground = {
  paper: "#0f172a",
  frame: "#334155",
  group: "#162033",
  arrow: "#64748b",
  quiet: "#94a3b8",
  text: "#e2e8f0",
};
