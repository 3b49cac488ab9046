import { yamlText } from '../output/print-data.ts'

export interface BootstrapAccess {
  readonly server: string
  readonly token: string
  /** PEM. */
  readonly ca?: string
  readonly proxyUrl?: string
}

/** What the agent introduces itself to the hub with: a kubeconfig in the names that the original gives its parts. */
export function bootstrapKubeconfig({ server, token, ca, proxyUrl }: BootstrapAccess): string {
  return yamlText({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bootstrap',
    clusters: [
      {
        name: 'hub',
        cluster: {
          ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
          ...(proxyUrl && { 'proxy-url': proxyUrl }),
          server,
        },
      },
    ],
    contexts: [{ name: 'bootstrap', context: { cluster: 'hub', namespace: 'default', user: 'bootstrap' } }],
    preferences: {},
    users: [{ name: 'bootstrap', user: { token } }],
  })
}

/** Several bundles as one, each certificate once. */
export function mergedBundles(...bundles: readonly string[]): string {
  const blocks = bundles.flatMap(
    (bundle) => bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
  )
  return [...new Set(blocks)].map((block) => `${block}\n`).join('')
}
