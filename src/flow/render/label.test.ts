import { describe, expect, it } from "vitest";
import { columns, label, pad } from "./label.ts";
import { textWidth } from "./text-width.ts";

describe("label", () => {
  it("leaves an ordinary name as it is", () => {
    expect(label("convert currency", 30)).toBe("convert currency");
    expect(label("Größe 漢字 🚀", 30)).toBe("Größe 漢字 🚀");
  });

  it("shows what would break a line, drive a terminal or hide", () => {
    expect(label("a\nb\r\tc", 30)).toBe("a\\nb\\r\\tc");
    expect(label("\u001b[31mred", 30)).toBe("\\u{1b}[31mred");
    expect(label("\u202egnp.exe", 30)).toBe("\\u{202e}gnp.exe");
    expect(label("zero\u200bwidth\ufeff", 30)).toBe("zero\\u{200b}width\\u{feff}");
    expect(label("lone \ud800 half", 30)).toBe("lone \\u{d800} half");
  });

  it("keeps the joiners that emoji and scripts need", () => {
    expect(label("👩‍👩‍👧", 30)).toBe("👩‍👩‍👧");
  });

  it("quotes a name that would look empty", () => {
    expect(label("", 30)).toBe('""');
    expect(label("  ", 30)).toBe('"  "');
  });

  it("cuts long names visibly, by columns and whole characters", () => {
    expect(label("x".repeat(10), 10)).toBe("xxxxxxxxxx");
    expect(label("x".repeat(11), 10)).toBe("xxxxxxxxx…");
    expect(label("漢".repeat(20), 10)).toBe("漢漢漢漢…");
    expect(label("👩‍👩‍👧".repeat(20), 5)).toBe("👩‍👩‍👧👩‍👩‍👧…");
    expect(columns(label("漢".repeat(10_000), 30))).toBeLessThanOrEqual(30);
  });

  it("bounds one character with kilobytes of combining marks", () => {
    const shown = label(`a${"\u0301".repeat(5000)}`, 30);
    expect(shown.length).toBeLessThan(16);
    expect(shown.endsWith("…")).toBe(true);
  });

  it("takes no longer for a huge name than for a long one", () => {
    const started = performance.now();
    label("\u0000".repeat(50_000_000), 30);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("widths", () => {
  it("counts wide characters twice and pads by columns", () => {
    expect(columns("ab漢🚀")).toBe(6);
    expect(pad("漢", 4)).toBe("漢  ");
    expect(pad("long", 2)).toBe("long");
  });

  it("estimates pixels generously, and bold text wider", () => {
    expect(textWidth("iiii", 12)).toBeLessThan(textWidth("MMMM", 12));
    expect(textWidth("name", 14, true)).toBeGreaterThan(textWidth("name", 14));
    expect(textWidth("漢", 10)).toBeGreaterThanOrEqual(11);
  });
});
