import { CLUSTER_MANAGERS, type ClusterManager } from '../../apis/operator/v1.ts'
import type { FlagValues } from '../../common/flags.ts'
import { clusterManagerManifests } from '../../manifests/cluster-manager.ts'
import { bootstrapToken, serviceAccountToken } from '../bootstrap-token.ts'
import { ignoreArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { clusterInfoReaders } from '../hub-trust/cluster-info-readers.ts'
import { applyManifests, manifestsText } from '../install/apply-manifests.ts'
import { requireWritablePlace, writeOwnersFile } from '../install/output-file.ts'
import { runPreflight } from '../install/preflight.ts'
import { hubCoordinates, joinCommand, joinData } from '../join-command.ts'
import { CLUSTER_MANAGER, HUB_NAMESPACE, OPERATOR_NAMESPACE } from '../names.ts'
import { infoFormat } from '../output/info-format.ts'
import { printJson, printYaml } from '../output/print-data.ts'
import type { Session } from '../session.ts'
import { expected } from '../waiting/await-objects.ts'
import { awaitRollouts } from '../waiting/await-rollouts.ts'
import { unapplied } from '../waiting/unapplied.ts'
import { clusterInfoCheck, hubApiServerCheck } from './cluster-info.ts'
import { hubOptions } from './hub-options.ts'
import { INIT_FLAGS, SINGLETON_FLAGS } from './init-flags.ts'

export const init = command({
  name: 'init',
  description:
    'Makes the cluster a hub: installs the operator that installs the control plane, and shows the command that clusters join with.',
  flags: INIT_FLAGS,
  run: async (session, { words, flags, given }) => {
    ignoreArguments(session, words)
    session.announceDryRun()
    if (flags.singleton) {
      throw new CommandError(
        'the multicluster control plane is not installed by this release: leave out --singleton to make the cluster a hub, or run a control plane of its own with "cluster-proxy controlplane"',
      )
    }
    for (const name of SINGLETON_FLAGS.filter((each) => given.has(each))) {
      session.warn(`flag ${name} is only supported when deploy singleton controlplane`)
    }
    const format = infoFormat(flags.output)
    if (flags.wait && format !== 'text') throw new CommandError('output should be text if --wait is set')
    await requireWritablePlace(flags.outputJoinCommandFile)
    if (!flags.force) await runPreflight(session, [hubApiServerCheck(session), clusterInfoCheck(session)])
    const options = await hubOptions(session, flags)
    const manifests = [
      ...clusterManagerManifests(options),
      ...(flags.publishClusterInfo ? clusterInfoReaders() : []),
    ]
    if (flags.outputFile !== '') await writeOwnersFile(flags.outputFile, manifestsText(manifests))
    if (session.dryRun) {
      if (format === 'json') printJson(session, { apiVersion: 'v1', kind: 'List', items: manifests })
      else session.terminal.writeOut(manifestsText(manifests))
      if (format === 'text') await printResult(session, flags, '')
      return
    }
    await applyManifests(session, manifests)
    if (flags.wait) await awaitHub(session)
    const ask = flags.useBootstrapToken ? bootstrapToken : serviceAccountToken
    const { token } = await ask(session.cluster, session.signal)
    await printResult(session, flags, token)
  },
})

/** The original waits for any ready Pods, which may be those of before. */
async function awaitHub(session: Session): Promise<void> {
  await awaitRollouts(session, {
    namespace: OPERATOR_NAMESPACE,
    names: [CLUSTER_MANAGER],
    text: 'registration operator',
    done: 'Registration operator is now available.',
  })
  await awaitRollouts(session, {
    namespace: HUB_NAMESPACE,
    names: [`${CLUSTER_MANAGER}-registration-controller`, `${CLUSTER_MANAGER}-registration-webhook`],
    text: 'cluster manager registration',
    done: 'ClusterManager registration is now available.',
    before: [
      expected<ClusterManager>({
        cluster: session.cluster,
        resource: CLUSTER_MANAGERS,
        selection: { fieldSelector: `metadata.name=${CLUSTER_MANAGER}` },
        missing: ([manager]) => unapplied(manager),
      }),
    ],
  })
}

async function printResult(
  session: Session,
  flags: FlagValues<typeof INIT_FLAGS>,
  token: string,
): Promise<void> {
  const hub = hubCoordinates(token, await session.access())
  const line = (clusterName: string) => joinCommand(hub, clusterName, flags.wait)
  if (flags.outputJoinCommandFile !== '' && !session.dryRun) {
    await writeOwnersFile(flags.outputJoinCommandFile, line('$1'), true)
  }
  if (flags.output === 'json') return printJson(session, joinData(hub))
  if (flags.output === 'yaml') return printYaml(session, [joinData(hub)])
  session.print('The multicluster hub control plane has been initialized successfully!\n')
  session.print(
    'You can now register cluster(s) to the hub control plane. Log onto those cluster(s) and run the following command:\n',
  )
  session.print(`    ${line('<cluster_name>')}\n`)
  session.print('Replace <cluster_name> with a cluster name of your choice. For example, cluster1.\n')
}
