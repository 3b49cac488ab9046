export interface ClusterHealth {
  readonly clusterName: string
  readonly installed: boolean
  readonly available: boolean
  readonly probedHealth: boolean
  readonly latencyMs: number | undefined
}

export function isHealthy(health: ClusterHealth): boolean {
  return health.available && health.probedHealth
}

const HEADINGS = ['CLUSTER NAME', 'INSTALLED', 'AVAILABLE', 'PROBED HEALTH', 'LATENCY'] as const
const GAP = '    '

/** The clusters' health as a table, in the manner of `clusteradm proxy health`. */
export function healthTable(clusters: readonly ClusterHealth[]): string {
  const rows = [HEADINGS, ...clusters.map(cellsOf)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n')
}

function cellsOf(health: ClusterHealth): string[] {
  const latency = health.latencyMs === undefined ? '<none>' : `${health.latencyMs.toFixed(1)}ms`
  return [
    health.clusterName,
    asWord(health.installed),
    asWord(health.available),
    asWord(health.probedHealth),
    latency,
  ]
}

function asWord(value: boolean): string {
  return value ? 'True' : 'False'
}
