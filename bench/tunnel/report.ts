import os from 'node:os'

/** What the figures below were measured on, and `how`. */
export function printHeading(how: string): void {
  const cpus = os.cpus()
  print(`Node ${process.versions.node}, ${cpus.length} x ${cpus[0]?.model}, ${how}.`)
  print('')
}

/** A Markdown table's head; the first `textColumns` columns are text, the others figures. */
export function printTableHead(columns: readonly string[], textColumns: number): void {
  printRow(columns)
  print(`|${columns.map((_, index) => (index < textColumns ? '---|' : '---:|')).join('')}`)
}

export function printRow(cells: readonly string[]): void {
  print(`| ${cells.join(' | ')} |`)
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
}
