import { readTlsTexts, sameTexts, type TlsTexts, verifyBundle, verifyPair } from '../common/tls-texts.ts'

/** What to show to the proxy server, and what to believe of it. All of it PEM. */
export interface Credentials {
  /** The CA certificates that the server's certificate is checked against. @default those of Node */
  readonly ca?: string | Buffer | undefined
  /** The client certificate, with its chain. */
  readonly cert?: string | Buffer | undefined
  /** The client certificate's private key. */
  readonly key?: string | Buffer | undefined
  /** The name that the server's certificate must be good for. @default the host that is connected to */
  readonly servername?: string | undefined
}

/** Credentials, or a function that is asked for them before each connect, so that renewed ones take effect by themselves. */
export type CredentialsSource = Credentials | (() => Credentials | Promise<Credentials>)

export interface CredentialFiles {
  /** Path of the CA certificates. */
  readonly ca?: string | undefined
  /** Path of the client certificate. */
  readonly cert?: string | undefined
  /** Path of its private key. */
  readonly key?: string | undefined
  /** As in `Credentials`. */
  readonly servername?: string | undefined
}

/**
 * Credentials that are read from files again before each connect. Files that cannot be used fail the dial that needed them,
 * with a message that names the file and the cure.
 */
export function credentialsFromFiles(files: CredentialFiles): () => Promise<Credentials> {
  const { ca: caFile = '', cert: certFile = '', key: keyFile = '', servername } = files
  let verified: TlsTexts | undefined
  return async () => {
    const texts = await readTlsTexts({ caFile, certFile, keyFile })
    if (!sameTexts(texts, verified)) {
      verifyPair(texts, certFile, keyFile)
      if (texts.ca !== undefined) verifyBundle(texts.ca, caFile)
      verified = texts
    }
    return { ...texts, servername }
  }
}

export async function readCredentials(source: CredentialsSource | undefined): Promise<Credentials> {
  return (typeof source === 'function' ? await source() : source) ?? {}
}
