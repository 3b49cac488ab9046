import type { JsonObject } from '../api/json.ts'

/** Of Kubernetes, whose API this is; clients decide by it what they may ask for. */
const MAJOR = '1'
const MINOR = '36'

/** `/version`. `release` is that of this project, such as `0.1.0`. */
export function versionDocument(release: string): JsonObject {
  return {
    major: MAJOR,
    minor: MINOR,
    emulationMajor: MAJOR,
    emulationMinor: MINOR,
    minCompatibilityMajor: MAJOR,
    minCompatibilityMinor: String(Number(MINOR) - 1),
    gitVersion: `v${MAJOR}.${MINOR}.0+cluster-proxy.${release}`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node ${process.versions.node}`,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
}
