import { z } from 'zod'

const credentialSchema = z.object({
  kind: z.literal('ExecCredential'),
  apiVersion: z.string(),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().nullish(),
  }),
})

/** What a plugin answered: a token, a client certificate with its key (PEM), or all of them. */
export interface PluginCredentials {
  readonly token?: string
  readonly cert?: string
  readonly key?: string
  /** In ms since the epoch. */
  readonly expiresAt?: number
}

/** Reads what a plugin has printed. Throws an Error that quotes nothing of it. */
export function credentialsOf(output: string, apiVersion: string): PluginCredentials {
  const credential = credentialSchema.safeParse(parseOrNothing(output)).data
  if (credential?.apiVersion !== apiVersion) {
    throw new Error(`plugin did not print an ExecCredential of ${apiVersion}`)
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = credential.status
  if (!token && !(cert && key))
    throw new Error('plugin returned neither a token nor a certificate and its key')
  const expiresAt = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.NaN
  return {
    ...(token && { token }),
    ...(cert && key && { cert, key }),
    ...(!Number.isNaN(expiresAt) && { expiresAt }),
  }
}

/** What is no JSON is not quoted: it may hold a token. */
function parseOrNothing(output: string): unknown {
  try {
    return JSON.parse(output)
  } catch {
    return undefined
  }
}
