import { createHash, type X509Certificate } from 'node:crypto'
import type { User } from '../rbac/index.ts'
import { AuthenticationError } from './authentication-error.ts'
import { CREDENTIAL_ID_KEY } from './well-known-users.ts'

/** The attribute of a subject that holds the user's uid. */
const UID_OID = '1.3.6.1.4.1.57683.2'

/** The attributes of a name by their short names, or object identifiers where they have none. */
type SubjectAttributes = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Whom a certificate names: CN is the user, each O a group. Undefined without a CN.
 *
 * @throws AuthenticationError when its uid is empty or not the only one, and other errors when it cannot be read
 */
export function userOfCertificate(certificate: X509Certificate): User | undefined {
  // The only form in which Node leaves the values as they are: `subject` escapes them.
  const subject = certificate.toLegacyObject().subject as SubjectAttributes
  const name = valuesOf(subject, 'CN').at(-1) ?? ''
  if (name === '') return undefined
  const uid = uidOf(subject)
  const sha256 = createHash('sha256').update(certificate.raw).digest('hex')
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: valuesOf(subject, 'O'),
    extra: { [CREDENTIAL_ID_KEY]: [`X509SHA256=${sha256}`] },
  }
}

function uidOf(subject: SubjectAttributes): string | undefined {
  const uids = valuesOf(subject, UID_OID)
  if (uids.length > 1)
    throw new AuthenticationError(`expected 1 UID, but found multiple: [${uids.join(' ')}]`)
  if (uids[0] === '') throw new AuthenticationError('UID cannot be an empty string')
  return uids[0]
}

function valuesOf(subject: SubjectAttributes, attribute: string): string[] {
  return [subject[attribute] ?? []].flat()
}
