import { readFile } from 'node:fs/promises'
import type { Deployment } from '../../apis/apps/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../apis/operator/v1.ts'
import { DEPLOYMENTS } from '../../apis/resources.ts'
import { readTrouble } from '../../common/read-trouble.ts'
import { type KlusterletOptions, klusterletManifests } from '../../manifests/klusterlet.ts'
import { ignoreArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { type FoundHub, findHub } from '../hub-trust/find-hub.ts'
import { tokenExpiry } from '../hub-trust/jwt-expiry.ts'
import { readClusterInfo } from '../hub-trust/published-ca.ts'
import { applyManifests, manifestsText } from '../install/apply-manifests.ts'
import { writeOwnersFile } from '../install/output-file.ts'
import { runPreflight } from '../install/preflight.ts'
import { agentNamespaceOf, DEFAULT_AGENT_NAMESPACE, KLUSTERLET, OPERATOR_NAMESPACE } from '../names.ts'
import { type InfoFormat, infoFormat } from '../output/info-format.ts'
import { printJson, printYaml } from '../output/print-data.ts'
import { awaitGone } from '../removal.ts'
import type { Session } from '../session.ts'
import { awaitRollouts } from '../waiting/await-rollouts.ts'
import { awaitAgents, awaitManagedCluster } from './await-agents.ts'
import { bootstrapKubeconfig, mergedBundles } from './bootstrap-kubeconfig.ts'
import { grpcConfig } from './grpc-config.ts'
import { hubTokenOf } from './hub-token.ts'
import { clusterNameCheck, deployModeCheck, hubKubeconfigCheck } from './join-checks.ts'
import { JOIN_FLAGS } from './join-flags.ts'
import { type JoinValues, klusterletOptions } from './klusterlet-options.ts'

export const join = command({
  name: 'join',
  description:
    'Has the cluster join a hub: installs the operator that installs the agent, and gives it what it introduces itself with.',
  flags: JOIN_FLAGS,
  run: async (session, { words, flags: given }) => {
    ignoreArguments(session, words)
    session.announceDryRun()
    const flags = { ...given, hubToken: await hubTokenOf(given) }
    const format = infoFormat(flags.output)
    if (flags.wait && format !== 'text') throw new CommandError('output should be text if --wait is set')
    requireFlags(session, flags)
    await session.access() // a context that there is not is told of before a hub is asked
    const options = await klusterletOptions(session, flags)
    const hub = await findHub(session, {
      server: hubUrl(flags.hubApiserver),
      token: flags.hubToken,
      caFile: flags.caFile,
      caHashes: flags.hubCaHash,
      insecure: flags.insecureSkipHubVerification,
      needsServer: flags.forceInternalEndpointLookup,
    })
    await runPreflight(session, [
      hubKubeconfigCheck(session, hub),
      deployModeCheck(flags.mode.toLowerCase(), flags.managedClusterKubeconfig),
      clusterNameCheck(options.clusterName),
    ])
    const hasOperator = await isOperatorAvailable(session)
    const manifests = klusterletManifests({
      ...withServerUrls(options, await externalServer(session)),
      ...(await hubFiles(session, hub, flags)),
      operator: !hasOperator,
    })
    if (flags.outputFile !== '') await writeOwnersFile(flags.outputFile, manifestsText(manifests))
    if (session.dryRun) {
      if (format === 'json') return printJson(session, { apiVersion: 'v1', kind: 'List', items: manifests })
      session.terminal.writeOut(manifestsText(manifests))
    } else {
      await applyAfterFormer(session, manifests)
      if (flags.wait) await awaitAgent(session, hub, klusterletOf(manifests), hasOperator)
    }
    printResult(session, format, options.clusterName)
  },
})

/**
 * A Klusterlet that is being deleted takes the namespace of its agents along, and with it what the new ones would introduce themselves with.
 * It waits for the operator, if that was removed before it.
 */
async function applyAfterFormer(session: Session, manifests: readonly KubeObject[]): Promise<void> {
  const { cluster, signal } = session
  const { name = '' } = klusterletOf(manifests).metadata
  const former = await cluster.resource<Klusterlet>(KLUSTERLETS).find({ name }, { signal })
  if (!former?.metadata.deletionTimestamp) return applyManifests(session, manifests)
  const agentNamespace = agentNamespaceOf(former)
  const { later = [], now = [] } = Object.groupBy(manifests, ({ kind, metadata }) => {
    const isOfAgents = [metadata.name, metadata.namespace].includes(agentNamespace)
    return kind === 'Klusterlet' || isOfAgents ? 'later' : 'now'
  })
  await applyManifests(session, now)
  await awaitGone(session, KLUSTERLETS, { name }, `Klusterlet ${name} of before`)
  await applyManifests(session, later)
}

function requireFlags(session: Session, flags: JoinValues): void {
  if (flags.hubToken === '') throw new CommandError('token is missing')
  if (flags.hubApiserver === '') throw new CommandError('hub-server is missing')
  if (flags.clusterName === '') throw new CommandError('cluster-name is missing')
  if (flags.imageRegistry === '') {
    throw new CommandError('the OCM image registry should not be empty, like quay.io/open-cluster-management')
  }
  if (flags.mode === '') throw new CommandError('the mode should not be empty, like default')
  if (flags.mode.toLowerCase() === 'hosted') {
    throw new CommandError(
      '--mode hosted is not supported by this release: leave it out to run the agent on the managed cluster itself',
    )
  }
  if (flags.capiImport) {
    throw new CommandError(
      "--capi-import is not supported by this release: use the cluster's own kubeconfig with --kubeconfig",
    )
  }
  if (/[^\x21-\x7e]/.test(flags.hubToken)) {
    throw new CommandError(
      'the hub token has a space, a line break or another character that no token has: copy it anew, in one piece',
    )
  }
  const expiry = tokenExpiry(flags.hubToken)
  if (expiry !== undefined && expiry < session.cluster.clock.now()) {
    const when = new Date(expiry).toISOString()
    throw new CommandError(
      `the hub token has expired at ${when}: run "clusteradm get token" on the hub for a new one`,
    )
  }
}

function hubUrl(text: string): URL {
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null
  if (!url) throw new CommandError('--hub-apiserver should start with http:// or https://')
  return url
}

/** What the agent gets to introduce itself with. */
async function hubFiles(session: Session, hub: FoundHub, flags: JoinValues) {
  const server = flags.forceInternalEndpointLookup ? hub.internalServer : flags.hubApiserver
  if (!server) {
    throw new CommandError(
      'the hub does not tell its internal address (ConfigMap kube-public/cluster-info): leave out --force-internal-endpoint-lookup',
    )
  }
  const ca = await withProxyCa(hub.ca, flags)
  const grpc = await grpcConfig(hub.client, flags, session.signal)
  return {
    bootstrapKubeconfig: bootstrapKubeconfig({
      server,
      token: flags.hubToken,
      ...(ca !== undefined && { ca }),
      ...(flags.proxyUrl !== '' && { proxyUrl: flags.proxyUrl }),
    }),
    ...(grpc !== undefined && { grpcConfig: grpc }),
  }
}

async function withProxyCa(
  ca: string | undefined,
  { proxyUrl, proxyCaFile }: JoinValues,
): Promise<string | undefined> {
  if (proxyUrl === '' || proxyCaFile === '') return ca
  try {
    return mergedBundles(ca ?? '', await readFile(proxyCaFile, 'utf8'))
  } catch (error) {
    throw new CommandError(`cannot read --proxy-ca-file ${proxyCaFile}: ${readTrouble(error)}`, {
      cause: error,
    })
  }
}

/** Where the managed cluster is for others, if it says so itself. */
async function externalServer(session: Session): Promise<string | undefined> {
  const { server } = await readClusterInfo(session.cluster, session.signal)
  if (server !== undefined && /^https?:\/\//.test(server)) return server
  session.warn(
    'Join continues without an external API server URL for the klusterlet, for kube-public/cluster-info does not tell it',
  )
  return undefined
}

/** As with the original, there is one also where it is not known: it is empty. */
function withServerUrls(options: KlusterletOptions, url = ''): KlusterletOptions {
  if (options.klusterlet?.externalServerURLs) return options
  return { ...options, klusterlet: { ...options.klusterlet, externalServerURLs: [{ url }] } }
}

async function isOperatorAvailable({ cluster, signal }: Session): Promise<boolean> {
  const deployment = await cluster
    .resource<Deployment>(DEPLOYMENTS)
    .find({ namespace: OPERATOR_NAMESPACE, name: KLUSTERLET }, { signal })
  return (
    deployment?.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ??
    false
  )
}

async function awaitAgent(
  session: Session,
  hub: FoundHub,
  klusterlet: Klusterlet,
  hasOperator: boolean,
): Promise<void> {
  if (!hasOperator) {
    await awaitRollouts(session, {
      namespace: OPERATOR_NAMESPACE,
      names: [KLUSTERLET],
      text: 'registration operator',
      done: 'Registration operator is now available.',
    })
  }
  await awaitAgents(session, klusterlet)
  await awaitManagedCluster(session, hub.client, klusterlet)
}

function klusterletOf(manifests: readonly KubeObject[]): Klusterlet {
  return manifests.find(({ kind }) => kind === 'Klusterlet') as Klusterlet // there is always one
}

function printResult(session: Session, format: InfoFormat, clusterName: string): void {
  const line = `clusteradm accept --clusters ${clusterName}`
  const data = {
    'cluster-name': clusterName,
    'agent-namespace': DEFAULT_AGENT_NAMESPACE,
    'accept-command': line,
  }
  if (format === 'json') printJson(session, data)
  else if (format === 'yaml') printYaml(session, [data])
  else {
    session.print(`Please log onto the hub cluster and run the following command:\n\n    ${line}\n`)
    session.print('This is not needed when the ManagedClusterAutoApproval feature is enabled')
  }
}
