import manifest from '../../package.json' with { type: 'json' }

/** What `--version` prints. */
export function versionText(): string {
  return `cluster-proxy ${manifest.version} (Node ${process.versions.node}, ${process.platform} ${process.arch})`
}
