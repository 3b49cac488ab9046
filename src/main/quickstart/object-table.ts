import type { KubeClient } from '../../kube/index.ts'

const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const GAP = '   '

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[] }[]
}

/** Objects as `kubectl get` shows them: the API server says which columns there are. */
export async function objectTable(client: KubeClient, path: string, signal: AbortSignal): Promise<string> {
  const { columnDefinitions, rows } = await client.request<Table>({
    method: 'GET',
    path,
    accept: AS_TABLE,
    signal,
  })
  const shown = columnDefinitions.flatMap(({ priority }, index) => (priority === 0 ? [index] : []))
  const lines = [
    shown.map((index) => (columnDefinitions[index]?.name ?? '').toUpperCase()),
    ...rows.map(({ cells }) => shown.map((index) => String(cells[index] ?? ''))),
  ]
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n')
}
