/** What the halves of the bench for texts and for HTML measure and print with. */
import Table from "cli-table3";

/** Columns without lines, so that they can be read in a log. */
export const tableOf = (head: readonly string[]): Table.Table =>
  new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "  ",
    },
  });

export function cpuMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** A mail that repeats `unit`: in front of it, `head`; behind it, `tail`. */
export interface Shape {
  readonly name: string;
  readonly head?: string;
  readonly unit: string;
  readonly tail?: string;
}

const KILOBYTE = 1024;
const sizes = [16, 64, 256, 960].map((kilobytes) => kilobytes * KILOBYTE);

/** CPU time of a kilobyte: in a row that grows with the size, something is not linear. */
export function printGrowth(title: string, shapes: readonly Shape[], run: (mail: string) => unknown): void {
  const table = tableOf([title, ...sizes.map((size) => `${size / KILOBYTE} KB`)]);
  for (const { name, head = "", unit, tail = "" } of shapes) {
    const row = sizes.map((size) => {
      const mail = head + unit.repeat(Math.floor((size - head.length - tail.length) / unit.length)) + tail;
      run(mail);
      const rounds = Math.max(1, Math.floor((256 * KILOBYTE) / size));
      const spent = cpuMs(() => {
        for (let round = 0; round < rounds; round++) run(mail);
      });
      return ((spent * 1000) / rounds / (size / KILOBYTE)).toFixed(1);
    });
    table.push([name, ...row]);
  }
  console.log(table.toString());
}
