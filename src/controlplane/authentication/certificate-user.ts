import { createHash } from 'node:crypto'
import { type Name, X509Certificate } from '../../pki/x509.ts'
import type { User } from '../rbac/index.ts'
import { AuthenticationError } from './authentication-error.ts'
import { CREDENTIAL_ID_KEY } from './well-known-users.ts'

/** The attribute of a subject that holds the user's uid. */
const UID_OID = '1.3.6.1.4.1.57683.2'

/**
 * Whom a certificate names: CN is the user, each O a group. Undefined without a CN.
 *
 * @throws AuthenticationError when its uid is empty or not the only one, and other errors when it cannot be read
 */
export function userOfCertificate(der: Uint8Array): User | undefined {
  const subject = new X509Certificate(Buffer.from(der)).subjectName
  const name = subject.getField('CN').at(-1) ?? ''
  if (name === '') return undefined
  const uid = uidOf(subject)
  const sha256 = createHash('sha256').update(der).digest('hex')
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: subject.getField('O'),
    extra: { [CREDENTIAL_ID_KEY]: [`X509SHA256=${sha256}`] },
  }
}

function uidOf(subject: Name): string | undefined {
  const uids = subject.getField(UID_OID)
  if (uids.length > 1)
    throw new AuthenticationError(`expected 1 UID, but found multiple: [${uids.join(' ')}]`)
  if (uids[0] === '') throw new AuthenticationError('UID cannot be an empty string')
  return uids[0]
}
