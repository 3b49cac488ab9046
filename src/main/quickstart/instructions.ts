import { shellWord } from '../../common/shell-word.ts'
import type { CredentialFiles } from '../../pki/index.ts'
import type { ClusterEndpoint } from './clusters.ts'

export interface InstructionValues {
  readonly root: string
  readonly node: string
  readonly proxyPort: number
  readonly frontend: CredentialFiles
  /** Of two clusters. */
  readonly endpoints: readonly ClusterEndpoint[]
  readonly dir: string
}

/** Commands for a second terminal. Each is complete: it can be pasted anywhere on this machine. */
export function instructions(values: InstructionValues): string {
  const { caFile, certificateFile, privateKeyFile } = values.frontend
  const [first, second] = values.endpoints
  const url = (endpoint?: ClusterEndpoint) => `https://${endpoint?.name}:${endpoint?.port}/healthz`
  return `Try it in a second terminal, with any program that speaks HTTP CONNECT:

curl --proxy https://localhost:${values.proxyPort} --proxy-cacert ${shellWord(caFile)} \\
  --proxy-cert ${shellWord(certificateFile)} --proxy-key ${shellWord(privateKeyFile)} \\
  --cacert ${shellWord(first?.caFile ?? '')} ${url(first)}

or from Node, with the SDK:

${shellWord(values.node)} --input-type=module <<'EOF'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { createTunnel, credentialsFromFiles, httpsAgent } from '${values.root}/src/konnectivity-client/index.ts'

const files = { ca: '${caFile}', cert: '${certificateFile}', key: '${privateKeyFile}' }
const credentials = credentialsFromFiles(files)
await using tunnel = createTunnel({ address: 'localhost:${values.proxyPort}', credentials })
const agent = httpsAgent(tunnel, { ca: readFileSync('${second?.caFile}') })
const request = https.get('${url(second)}', { agent })
const [response] = await (await import('node:events')).once(request, 'response')
console.log(response.statusCode, String(await response.toArray()))
EOF

Logs are in ${values.dir}. Ctrl-C stops everything.
`
}
