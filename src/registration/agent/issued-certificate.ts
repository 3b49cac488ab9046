import { createPrivateKey, X509Certificate } from 'node:crypto'
import { parseCertificateBundle, type Subject } from '../../pki/index.ts'
import { parseClusterUser } from '../cluster-identity.ts'

/** A certificate that was issued, with those above it: what counts for its renewal. */
export interface IssuedCertificate {
  readonly subjects: readonly Subject[]
  /** When the youngest of the chain begins to be valid, in ms since the epoch. */
  readonly notBefore: number
  /** When the first of the chain expires, in ms since the epoch. */
  readonly notAfter: number
}

/** Reads a chain in PEM. Throws a ConfigError when there is none. */
export function readIssuedCertificate(pem: string): IssuedCertificate {
  const chain = parseCertificateBundle(pem, 'client certificate').map((each) => new X509Certificate(each))
  return {
    subjects: chain.map(subjectOf),
    notBefore: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    notAfter: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
  }
}

/** Whether a private key is the one of a certificate; not if either cannot be read. Of a chain the first counts. */
export function isKeyOf(certificatePem: string, privateKeyPem: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem))
  } catch {
    return false
  }
}

/** Whether the certificate names whom it should: the order of groups does not count. */
export function namesSubject({ subjects }: IssuedCertificate, wanted: Subject): boolean {
  return subjects.some(
    ({ commonName, organizations, organizationalUnits }) =>
      commonName === wanted.commonName &&
      isSameSet(organizations, wanted.organizations) &&
      isSameSet(organizationalUnits, wanted.organizationalUnits),
  )
}

/** The agent of a cluster that the certificate was issued for, if it was for one. */
export function agentOf({
  subjects,
}: IssuedCertificate): { clusterName: string; agentName: string } | undefined {
  for (const { commonName } of subjects) {
    const names = parseClusterUser(commonName)
    if (names) return names
  }
  return undefined
}

function subjectOf(certificate: X509Certificate): Subject {
  const { CN, O, OU } = certificate.toLegacyObject().subject as unknown as Record<string, string | string[]>
  return { commonName: [CN ?? ''].flat()[0] ?? '', organizations: listOf(O), organizationalUnits: listOf(OU) }
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat()
}

function isSameSet(one: readonly string[] = [], other: readonly string[] = []): boolean {
  const set = new Set(one)
  return set.size === new Set(other).size && other.every((each) => set.has(each))
}
