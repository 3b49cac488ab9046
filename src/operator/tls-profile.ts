import type { ConfigMap } from '../apis/core/v1.ts'
import { CIPHER_SUITE_NAMES, tlsVersionOf } from '../common/tls-names.ts'

/** In the operator's namespace: what all processes of the project are to accept. */
export const TLS_PROFILE_CONFIG_MAP = 'ocm-tls-profile'

/** What a ConfigMap in the operator's namespace says of TLS. */
export interface TlsProfile {
  /** `VersionTLS12` or `VersionTLS13`. */
  readonly minVersion?: string | undefined
  /** By Go's names, separated by commas. */
  readonly cipherSuites?: string | undefined
}

/** As OpenSSL and OpenShift's profiles call them. */
const VERSION_ALIASES: ReadonlyMap<string, string> = new Map([
  ['', 'VersionTLS12'],
  ['TLSv1.0', 'VersionTLS10'],
  ['TLSv1.1', 'VersionTLS11'],
  ['TLSv1.2', 'VersionTLS12'],
  ['TLSv1.3', 'VersionTLS13'],
])

/** Cipher suites that nobody knows are left out. Throws an Error for an unknown version, and where no suite would be left. */
export function tlsProfileOf(configMap: ConfigMap | undefined): TlsProfile | undefined {
  if (!configMap) return undefined
  const { minTLSVersion = '', cipherSuites = '' } = configMap.data ?? {}
  const name = minTLSVersion.trim()
  const minVersion = VERSION_ALIASES.get(name) ?? name
  tlsVersionOf(minVersion)
  const wanted = cipherSuites
    .split(',')
    .map((suite) => suite.trim())
    .filter((suite) => suite !== '')
  const known = wanted.filter((suite) => CIPHER_SUITE_NAMES.includes(suite))
  if (wanted.length > 0 && known.length === 0)
    throw new Error(`ConfigMap ${TLS_PROFILE_CONFIG_MAP} names no supported cipher suite`)
  return { minVersion, ...(known.length > 0 && { cipherSuites: known.join(',') }) }
}
