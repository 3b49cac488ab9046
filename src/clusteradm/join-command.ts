import type { ClusterAccess } from '../kube/client.ts'
import { caPins } from './hub-trust/ca-pin.ts'
import { serverText } from './session.ts'

/** What a managed cluster needs to know of a hub. */
export interface HubCoordinates {
  readonly token: string
  readonly server: string
  /** Of its CAs, as in `--hub-ca-hash`; empty where the kubeconfig trusts public ones. */
  readonly caHashes: readonly string[]
}

export function hubCoordinates(token: string, access: ClusterAccess): HubCoordinates {
  const { ca, rejectUnauthorized } = access.tls
  return {
    token,
    server: serverText(access),
    caHashes: ca !== undefined && rejectUnauthorized ? caPins(ca) : [],
  }
}

/** The command to be run for a cluster that is to be managed: the original's, and behind it by what to know the hub. */
export function joinCommand(
  { token, server, caHashes }: HubCoordinates,
  clusterName: string,
  wait = false,
): string {
  return [
    'clusteradm join',
    `--hub-token ${token}`,
    `--hub-apiserver ${server}`,
    ...(wait ? ['--wait'] : []),
    `--cluster-name ${clusterName}`,
    ...(caHashes.length > 0 ? [`--hub-ca-hash ${caHashes.join(',')}`] : []),
  ].join(' ')
}

/** The same for programs: the original's two fields, and the hashes. */
export function joinData({ token, server, caHashes }: HubCoordinates): object {
  return {
    'hub-token': token,
    'hub-apiserver': server,
    ...(caHashes.length > 0 && { 'hub-ca-hash': caHashes.join(',') }),
  }
}
