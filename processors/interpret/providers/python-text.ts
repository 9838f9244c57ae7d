import { isFloat, isTemporal } from "../values.ts";

/** A value as Python's `str` writes it; undefined for lists, maps and bytes. */
export function pythonText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isInteger(value) ? value.toString() : floatText(value);
  if (isFloat(value)) return floatText(value.float);
  if (value instanceof Date) return value.toISOString();
  return isTemporal(value) ? value.text : undefined;
}

/** The shortest text that reads as this float; always with a point or an exponent, and an exponent of two digits at least. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    const sign = exponent.startsWith("-") ? "-" : "+";
    return `${digits}e${sign}${exponent.replace(/^[-+]/, "").padStart(2, "0")}`;
  }
  // JavaScript writes an exponent below 1e-6 only, so none is left here.
  return Number.isInteger(value) ? `${value}.0` : value.toString();
}
