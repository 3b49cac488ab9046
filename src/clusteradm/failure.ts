import { AppError, ConfigError, errorMessage } from '../common/errors.ts'
import { isForbidden, isUnauthorized, KubeApiError, KubeRequestError } from '../kube/client.ts'
import { type Session, serverText } from './session.ts'

/** Something that a command was asked for and cannot do: told as it is. */
export class CommandError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_COMMAND', message, options)
  }
}

const NO_HTTP = 'it does not speak HTTP; is this the address of an API server?'
const BROKEN_OFF = 'the connection was broken off; try again'

const CONNECTION_TROUBLES: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'connection refused: nothing listens there; is the cluster running, and is this the right context?',
  ENOTFOUND: 'the name is not known to DNS; is this the right context?',
  EAI_AGAIN: 'DNS does not answer; is the network up?',
  ENETUNREACH: 'the network cannot be reached; is the network up?',
  EHOSTUNREACH: 'the host cannot be reached; is a VPN or a route missing?',
  ETIMEDOUT: 'it does not answer; is a firewall or a VPN in between?',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer; is a firewall or a VPN in between?',
  ECONNRESET: BROKEN_OFF,
  UND_ERR_SOCKET: BROKEN_OFF,
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; is it one of http:// in place of https://?',
}

const UNTRUSTED = 'the kubeconfig does not trust the CA of this server; is it that of another cluster?'

const CERTIFICATE_TROUBLES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired; renew it, or get a new kubeconfig",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the server's certificate is for another name or address than that of the kubeconfig",
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
}

/** What a failure means to the person at the terminal: the culprit, and the cure where one is known. No stack traces. */
export async function explain(error: unknown, session: Pick<Session, 'access' | 'globals'>): Promise<string> {
  if (error instanceof CommandError || error instanceof ConfigError) return error.message
  const where = await culprit(session)
  if (isUnauthorized(error)) {
    return `${where} does not accept the credentials of the kubeconfig (Unauthorized): its token or client certificate may have expired; log in anew, or choose another context with --context`
  }
  if (isForbidden(error)) {
    return `${errorMessage(error)}\nAsk an administrator of the cluster for this permission, or choose another context with --context.`
  }
  return answerTrouble(where, error) ?? errorMessage(error)
}

/** What is wrong with a server that gave no answer of a Kubernetes API, if that is what it was. */
export function answerTrouble(where: string, error: unknown): string | undefined {
  if (error instanceof KubeApiError && error.isForeign) {
    return `${where} does not answer as one: ${error.message}; is its address right, or does a proxy or load balancer in front of it answer?`
  }
  if (!(error instanceof KubeRequestError)) return undefined
  const trouble = connectionTrouble(error)
  if (trouble) return `cannot reach ${where}: ${trouble}`
  return `${where}: ${error.message}; is its address right, and does it run?`
}

/** Why there was no connection, if that is what it was. */
export function connectionTrouble(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'HTTPParserError') return NO_HTTP // undici's, without a code
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) continue
    if (Object.hasOwn(CONNECTION_TROUBLES, code)) return CONNECTION_TROUBLES[code]
    if (Object.hasOwn(CERTIFICATE_TROUBLES, code)) return CERTIFICATE_TROUBLES[code]
  }
  return undefined
}

/** Whether there was no connection because the other side's certificate is of no CA that is trusted. */
export function isUntrusted(error: unknown): boolean {
  return connectionTrouble(error) === UNTRUSTED
}

async function culprit({ access, globals }: Pick<Session, 'access' | 'globals'>): Promise<string> {
  const context = globals.context === '' ? '' : ` (context ${JSON.stringify(globals.context)})`
  try {
    const found = await access()
    const proxy = found.proxyUrl === undefined ? '' : ` through the proxy ${URL.parse(found.proxyUrl)?.host}`
    return `the API server ${serverText(found)}${context}${proxy}`
  } catch {
    return `the API server${context}`
  }
}
