const GAP = 3

/** Columns as kubectl aligns them. Cells are texts already. */
export function renderTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headers.map((header) => header.toUpperCase()), ...rows]
  const widths = headers.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd((widths[column] ?? 0) + GAP)).join('')
  return all.map((row) => `${line(row).trimEnd()}\n`).join('')
}
