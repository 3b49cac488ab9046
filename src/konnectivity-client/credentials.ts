import { readFile } from 'node:fs/promises'

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

/** Credentials that are read from files again before each connect. A file that cannot be read fails the dial that needed it. */
export function credentialsFromFiles(files: CredentialFiles): () => Promise<Credentials> {
  const { servername } = files
  return async () => {
    const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map(readOptional))
    return { ca, cert, key, servername }
  }
}

async function readOptional(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : readFile(path)
}

export async function readCredentials(source: CredentialsSource | undefined): Promise<Credentials> {
  return (typeof source === 'function' ? await source() : source) ?? {}
}
