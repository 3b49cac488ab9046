import { readFile } from 'node:fs/promises'
import os from 'node:os'
import { podFile } from '../common/pod-files.ts'
import { createSelfSignedCertificate } from '../pki/index.ts'

/** Where OpenShift's controllers look for a certificate that somebody made for them. */
const MOUNTED = '/var/run/secrets/serving-cert'

export interface ServingCertificate {
  readonly cert: string
  readonly key: string
  /** Where it came from: whoever changes them wants another certificate to be shown. */
  readonly files: readonly string[]
}

/**
 * The certificate that a process shows at its health endpoints: one that is mounted, or else one of its own. Nobody verifies that:
 * probes do not, and who scrapes metrics is told not to.
 */
export async function servingCertificate(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ServingCertificate> {
  const files = ['tls.crt', 'tls.key'].map((name) => podFile(`${MOUNTED}/${name}`, env))
  try {
    const [cert = '', key = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    return { cert, key, files }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { certificatePem: cert, privateKeyPem: key } = await createSelfSignedCertificate({
    commonName: 'cluster-proxy-health',
    dnsNames: ['localhost', os.hostname()],
  })
  return { cert, key, files: [] }
}
