import type { Secret } from '../../apis/core/v1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import { isAlreadyExists, isConflict, type ResourceClient } from '../../kube/index.ts'
import type { KeyedCertificate } from '../../pki/index.ts'

const TLS_TYPE = 'kubernetes.io/tls'

/** The certificate and key of a Secret, in PEM; a part that is missing is empty. */
export function keyedCertificateOf(secret: Secret | undefined): KeyedCertificate {
  return { certificatePem: textOf(secret, 'tls.crt'), privateKeyPem: textOf(secret, 'tls.key') }
}

function textOf(secret: Secret | undefined, key: string): string {
  const data = secret?.data ?? {}
  return Object.hasOwn(data, key) ? Buffer.from(data[key] ?? '', 'base64').toString() : ''
}

/**
 * Puts the certificate and its key in place of those of `existing`. Where somebody else was faster, what they have written
 * counts. Resolves with what is there then.
 */
export async function writeTlsSecret(
  secrets: ResourceClient<Secret>,
  key: ObjectKey,
  existing: Secret | undefined,
  keyed: KeyedCertificate,
  signal?: AbortSignal,
): Promise<Secret> {
  const data = {
    'tls.crt': Buffer.from(keyed.certificatePem).toString('base64'),
    'tls.key': Buffer.from(keyed.privateKeyPem).toString('base64'),
  }
  try {
    if (existing?.type === TLS_TYPE)
      return await secrets.update({ ...existing, data: { ...existing.data, ...data } }, { signal })
    if (existing) await secrets.delete(key, { signal }) // a type cannot be changed
    const metadata = { namespace: key.namespace ?? '', name: key.name }
    return await secrets.create({ kind: 'Secret', metadata, type: TLS_TYPE, data }, { signal })
  } catch (error) {
    if (!isConflict(error) && !isAlreadyExists(error)) throw error
    return secrets.get(key, { signal })
  }
}
