import type { Report } from "./streams.ts";
import { bar, bytes, count, table } from "./text.ts";

/** The report as a person reads it. */
export function reportText(report: Report, project: string): string {
  const { installed, skipped, missing, licences, largest, longestReadme, withoutReadme } = report;
  const most = licences[0]?.packages ?? 1;
  const lines = [
    `Dependencies of ${project}`,
    "",
    `  ${count(installed, "package")} installed: ${count(report.files, "file")}, ${bytes(report.bytes)}`,
    ...(skipped > 0 ? [`  ${count(skipped, "optional package")} not installed, for other systems most likely`] : []),
    ...(missing.length > 0 ? [`  ${count(missing.length, "package")} missing, run npm ci: ${shortened(missing)}`] : []),
    "",
    ...section(
      ["Licence", "packages"],
      licences.map(({ licence, packages }) => [licence, String(packages)]),
    ).map((line, i) => {
      const share = (licences[i - 1]?.packages ?? 0) / most;
      return i === 0 ? line : `${line}  ${bar(share, 24)}`;
    }),
    "",
    ...section(
      ["Largest", "files", "size"],
      largest.map(({ id, files, bytes: size }) => [id, String(files), bytes(size)]),
    ),
    "",
    ...(longestReadme ? [`  Longest readme: ${longestReadme.id}, ${count(longestReadme.words ?? 0, "word")}`] : []),
    `  Without a readme: ${withoutReadme.length === 0 ? "none" : shortened(withoutReadme)}`,
  ];
  return lines.join("\n");
}

export function section(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return table([header, ...rows]);
}

export function shortened(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).join(", ");
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}
