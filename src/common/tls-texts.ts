import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { certificatesOfBundle } from './ca-bundle.ts'
import { ConfigError, errorMessage } from './errors.ts'

/** What stands in the files of a TLS endpoint; undefined is for a file that was not given. */
export interface TlsTexts {
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly ca: string | undefined
}

/** Paths may be empty: that part is then not used. */
export interface TlsPaths {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
}

/** Rejects with a ConfigError that names the file. */
export async function readTlsTexts({ certFile, keyFile, caFile }: TlsPaths): Promise<TlsTexts> {
  const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map(readIfGiven))
  return { cert, key, ca }
}

export function sameTexts(one: TlsTexts, other: TlsTexts | undefined): boolean {
  return one.cert === other?.cert && one.key === other?.key && one.ca === other?.ca
}

async function readIfGiven(path: string): Promise<string | undefined> {
  if (path === '') return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigError(
      `cannot read ${path}: ${errorMessage(error)}; check that it exists and may be read`,
      {
        cause: error,
      },
    )
  }
}

/** Throws a ConfigError that names the file and the cure. */
export function verifyPair(
  { cert, key }: TlsTexts,
  certFile: string,
  keyFile: string,
): X509Certificate | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) {
    throw new ConfigError(
      `${cert === undefined ? keyFile : certFile} is half of a pair: give a certificate and its key`,
    )
  }
  const certificate = readCertificate(cert, certFile)
  if (!certificate.checkPrivateKey(readPrivateKey(key, keyFile))) {
    throw new ConfigError(
      `the private key in ${keyFile} does not belong to the certificate in ${certFile}; give the key that the certificate was made for`,
    )
  }
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new ConfigError(
      `TLS refuses the certificate in ${certFile}: ${errorMessage(error)}; check the whole chain in that file`,
      { cause: error },
    )
  }
  return certificate
}

function readCertificate(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (error) {
    throw new ConfigError(
      `${file} holds no readable certificate; a PEM file with a CERTIFICATE block is needed`,
      {
        cause: error,
      },
    )
  }
}

/** The cause is left out: OpenSSL's words say nothing more, and no part of a key may come near a log. */
function readPrivateKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    throw new ConfigError(
      `${file} holds no readable private key; an unencrypted PEM file with a PRIVATE KEY block is needed`,
    )
  }
}

/** The bundle's certificates alone, in one PEM text. Throws a ConfigError that names the file and the cure. */
export function verifyBundle(text: string, file: string): string {
  try {
    return certificatesOfBundle(text).join('')
  } catch (error) {
    throw new ConfigError(
      `cannot use the CAs in ${file}: ${errorMessage(error)}; a PEM file with the CAs' certificates is needed`,
      { cause: error },
    )
  }
}
