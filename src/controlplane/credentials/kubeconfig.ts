import type { KeyedCertificate } from '../../pki/index.ts'

export interface KubeconfigContents extends KeyedCertificate {
  /** Of the cluster, its context and its user. */
  readonly name: string
  /** Such as `https://127.0.0.1:6443`. */
  readonly server: string
  readonly caPem: string
}

/** A kubeconfig with everything in it, so that the file can be carried elsewhere. */
export function kubeconfig({
  name,
  server,
  caPem,
  certificatePem,
  privateKeyPem,
}: KubeconfigContents): string {
  const [cluster, user] = [JSON.stringify(name), JSON.stringify(`${name}-admin`)] // which YAML reads, too
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `  - name: ${cluster}`,
    '    cluster:',
    `      server: ${JSON.stringify(server)}`,
    `      certificate-authority-data: ${base64(caPem)}`,
    'users:',
    `  - name: ${user}`,
    '    user:',
    `      client-certificate-data: ${base64(certificatePem)}`,
    `      client-key-data: ${base64(privateKeyPem)}`,
    'contexts:',
    `  - name: ${cluster}`,
    '    context:',
    `      cluster: ${cluster}`,
    `      user: ${user}`,
    `current-context: ${cluster}`,
    '',
  ].join('\n')
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64')
}
