import manifest from '../../package.json' with { type: 'json' }

/** Of this project, such as `0.1.0`. */
export const RELEASE = manifest.version

/** What `--version` prints. */
export function versionText(): string {
  return `cluster-proxy ${RELEASE} (Node ${process.versions.node}, ${process.platform} ${process.arch})`
}
