import { readFile } from 'node:fs/promises'
import { certificatesOfBundle } from '../../common/ca-bundle.ts'
import { readTrouble } from '../../common/read-trouble.ts'
import { type ClusterTls, isForbidden, isUnauthorized, type KubeClient } from '../../kube/client.ts'
import { answerTrouble, CommandError } from '../failure.ts'
import type { Session } from '../session.ts'
import { caPins, pinnedCertificates, requirePins } from './ca-pin.ts'
import { presentedChain } from './presented-chain.ts'
import { type ClusterInfo, readClusterInfo } from './published-ca.ts'

export const TOKEN_REFUSED =
  'Unauthorized: the hub does not take the token, which has expired, or is another hub\'s; run "clusteradm get token" on the hub for a new one'

/** How a hub is to be found and believed. */
export interface HubClaim {
  readonly server: URL
  readonly token: string
  /** File with its CA; empty for none. */
  readonly caFile: string
  /** Hashes of its CAs; empty for none. */
  readonly caHashes: readonly string[]
  /** Believes any server, and shows it the token, as the original does. */
  readonly insecure: boolean
  /** Asks for the hub's address inside, too. */
  readonly needsServer: boolean
}

/** A hub that has shown who it is. */
export interface FoundHub {
  /** Of its URL. */
  readonly origin: string
  /** Shows the token, to nobody but the hub. */
  readonly client: KubeClient
  /** PEM, for the agent's kubeconfig; undefined where public CAs vouch for the hub, or nobody does. */
  readonly ca?: string
  /** The hub's address for those inside. */
  readonly internalServer?: string
  readonly warnings: readonly string[]
}

/**
 * Learns the hub's CA and verifies the hub by it before the token is sent anywhere. In this order: the CA of a file; that of the
 * pin; the one that the hub publishes to anybody, on first use; public CAs. A hub that cannot be verified does not get the token,
 * unless that is asked for.
 */
export async function findHub(session: Session, claim: HubClaim): Promise<FoundHub> {
  try {
    return await lookForHub(session, claim)
  } catch (error) {
    session.signal.throwIfAborted()
    if (isUnauthorized(error)) throw new CommandError(TOKEN_REFUSED, { cause: error })
    const trouble = answerTrouble(hubTitle(claim.server.origin), error)
    throw trouble === undefined ? error : new CommandError(trouble, { cause: error })
  }
}

async function lookForHub(session: Session, claim: HubClaim): Promise<FoundHub> {
  requirePins(claim.caHashes)
  if (claim.server.protocol === 'http:')
    return found(session, claim, {}, ['the hub is asked over http: anybody in between can read the token'])
  if (claim.caFile !== '') return found(session, claim, { ca: await readCa(claim.caFile) })
  if (claim.insecure) return foundInsecurely(session, claim)
  const info = await published(session, claim)
  if (claim.caHashes.length > 0)
    return found(session, claim, { ...info, ca: await pinnedCa(session, claim, info) })
  if (info?.ca) {
    const warning = `the hub's CA is taken on first use: ${caPins(info.ca).join(',')}; to be sure of it, add --hub-ca-hash as "clusteradm get token" prints it on the hub`
    return found(session, claim, info, [warning])
  }
  if (await isPubliclyTrusted(session, claim))
    return found(session, claim, info ?? {}, ['no ca detected, creating hub kubeconfig without ca'])
  throw new CommandError(
    [
      `cannot learn the CA of the hub ${claim.server.origin}, and does not show the token to a server that nobody vouches for`,
      'Give the CA by --ca-file, or run "clusteradm init" on the hub anew, which publishes it. --insecure-skip-hub-verification shows the token to any server, as older releases did.',
    ].join('\n'),
  )
}

/** What the hub tells anybody. It is asked without the token, for nobody has vouched for it yet. Undefined if it tells nothing. */
async function published(session: Session, { server }: HubClaim): Promise<ClusterInfo | undefined> {
  const anonymous = session.clientFor(async () => ({ server, tls: { rejectUnauthorized: false } }))
  try {
    return await readClusterInfo(anonymous, session.signal)
  } catch (error) {
    if (isForbidden(error) || isUnauthorized(error)) return undefined
    throw error
  }
}

async function pinnedCa(session: Session, claim: HubClaim, info: ClusterInfo | undefined): Promise<string> {
  const offered = info?.ca ?? (await presentedChain(claim.server, session.signal))
  const ca = pinnedCertificates(offered, claim.caHashes)
  if (ca !== '') return ca
  throw new CommandError(
    info?.ca
      ? `the CA of ${claim.server.origin} is ${caPins(info.ca).join(',')}, not the one of --hub-ca-hash: it is another hub, or somebody is in between`
      : `${claim.server.origin} does not tell its CA, by which --hub-ca-hash could be checked: give the CA itself by --ca-file`,
  )
}

async function found(
  session: Session,
  claim: HubClaim,
  info: Pick<ClusterInfo, 'ca'>,
  warnings: readonly string[] = [],
): Promise<FoundHub> {
  const { ca } = info
  const client = clientWith(session, claim, { ...(ca !== undefined && { ca }), rejectUnauthorized: true })
  // What was read before the hub was verified is believed for its CA alone.
  const server = claim.needsServer ? (await readClusterInfo(client, session.signal)).server : undefined
  return {
    origin: claim.server.origin,
    client,
    ...(ca !== undefined && { ca }),
    ...(server !== undefined && { internalServer: server }),
    warnings,
  }
}

async function foundInsecurely(session: Session, claim: HubClaim): Promise<FoundHub> {
  const client = clientWith(session, claim, { rejectUnauthorized: false })
  const { ca, server } = await readClusterInfo(client, session.signal)
  const warning = ca ? 'the hub was not verified' : 'no ca detected, creating hub kubeconfig without ca'
  return {
    origin: claim.server.origin,
    client: ca ? clientWith(session, claim, { ca, rejectUnauthorized: true }) : client,
    ...(ca && { ca }),
    ...(server && { internalServer: server }),
    warnings: [warning],
  }
}

/** How a hub that makes trouble is named. */
export function hubTitle(origin: string): string {
  return `the hub ${origin} (--hub-apiserver)`
}

function clientWith(session: Session, { server, token }: HubClaim, tls: ClusterTls): KubeClient {
  return session.clientFor(async () => ({ server, token, tls }))
}

async function isPubliclyTrusted(session: Session, { server }: HubClaim): Promise<boolean> {
  const anonymous = session.clientFor(async () => ({
    server,
    tls: { rejectUnauthorized: true },
  }))
  try {
    await anonymous.raw({ method: 'GET', path: '/version', signal: session.signal })
    return true
  } catch (error) {
    return isForbidden(error) || isUnauthorized(error) // it has answered, so it is who it says it is
  }
}

async function readCa(file: string): Promise<string> {
  try {
    return certificatesOfBundle(await readFile(file, 'utf8')).join('')
  } catch (error) {
    throw new CommandError(`cannot use the CA of --ca-file ${file}: ${readTrouble(error)}`, { cause: error })
  }
}
