import type { CredentialFiles } from '../../pki/index.ts'

export interface InstructionValues {
  readonly root: string
  readonly node: string
  readonly proxyPort: number
  readonly servicePort: number
  readonly frontend: CredentialFiles
  readonly dir: string
}

/** Commands for a second terminal. Each is complete: it can be pasted anywhere on this machine. */
export function instructions(values: InstructionValues): string {
  const { caFile, certificateFile, privateKeyFile } = values.frontend
  const url = `https://cluster1:${values.servicePort}/healthz`
  return `Try it in a second terminal, with any program that speaks HTTP CONNECT:

curl --proxy https://localhost:${values.proxyPort} --proxy-cacert ${caFile} \\
  --proxy-cert ${certificateFile} --proxy-key ${privateKeyFile} \\
  --cacert ${caFile} ${url}

or from Node, with the SDK:

${values.node} --input-type=module <<'EOF'
import https from 'node:https'
import { createTunnel, credentialsFromFiles, httpsAgent } from '${values.root}/src/konnectivity-client/index.ts'

const files = { ca: '${caFile}', cert: '${certificateFile}', key: '${privateKeyFile}' }
const credentials = credentialsFromFiles(files)
await using tunnel = createTunnel({ address: 'localhost:${values.proxyPort}', credentials })
const agent = httpsAgent(tunnel, { ca: (await credentials()).ca })
const request = https.get('${url.replace('cluster1', 'cluster2')}', { agent })
const [response] = await (await import('node:events')).once(request, 'response')
console.log(response.statusCode, String(await response.toArray()))
EOF

Logs are in ${values.dir}. Ctrl-C stops everything.
`
}
