import { randomInt } from 'node:crypto'
import { ADD_ON_MANAGER_GATES, HUB_REGISTRATION_GATES, HUB_WORK_GATES } from '../../apis/feature-gates.ts'
import type { FlagValues } from '../../common/flags.ts'
import type { ClusterManagerOptions } from '../../manifests/cluster-manager.ts'
import { bootstrapTokenSecret } from '../bootstrap-token.ts'
import { CommandError } from '../failure.ts'
import { featureGatesFor, parseFeatureGates } from '../install/feature-gates.ts'
import { imageOptions } from '../install/image-options.ts'
import { resourceRequirement } from '../install/resource-requirement.ts'
import { readValuesFile } from '../install/values-file.ts'
import type { Session } from '../session.ts'
import { withHubValues } from './hub-values.ts'
import type { INIT_FLAGS } from './init-flags.ts'
import { operatorReplicas } from './operator-replicas.ts'
import { registrationDrivers, requireUsableIdentities, serverConfiguration } from './registration-drivers.ts'

const SECRET_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const SECRET_LENGTH = 16

/** What the manifests are made of. Rejects with a CommandError for flags and files that make no sense. */
export async function hubOptions(
  session: Session,
  flags: FlagValues<typeof INIT_FLAGS>,
): Promise<ClusterManagerOptions> {
  const gates = parseFeatureGates(flags.featureGates, [
    HUB_REGISTRATION_GATES,
    HUB_WORK_GATES,
    ADD_ON_MANAGER_GATES,
  ])
  const drivers = registrationDrivers(flags)
  const server = serverConfiguration(flags)
  const workGates = featureGatesFor(HUB_WORK_GATES, gates)
  const images = await imageOptions(flags)
  const options: ClusterManagerOptions = {
    ...images,
    replicas: await operatorReplicas(session),
    createNamespace: flags.createNamespace,
    enableSyncLabels: flags.enableSyncLabels,
    clusterManager: {
      resourceRequirement: resourceRequirement(flags),
      registrationConfiguration: {
        featureGates: featureGatesFor(HUB_REGISTRATION_GATES, gates),
        ...(drivers.length > 0 && { registrationDrivers: drivers }),
      },
      ...(workGates.length > 0 && { workConfiguration: { featureGates: workGates } }),
      addOnManagerConfiguration: { featureGates: featureGatesFor(ADD_ON_MANAGER_GATES, gates) },
      ...(server && { serverConfiguration: server }),
    },
  }
  if (!flags.force) {
    if (flags.imageRegistry === '') throw new CommandError('registry should not be empty')
    requireUsableIdentities(flags, gates.get('ManagedClusterAutoApproval') ?? false)
  }
  const bootstrap = flags.useBootstrapToken
    ? { tokenSecret: await tokenSecret(session) }
    : { serviceAccount: true }
  if (flags.clusterManagerValuesFile === '') return { ...options, bootstrap }
  const values = await readValuesFile(flags.clusterManagerValuesFile, 'cluster-manager')
  const merged = withHubValues({ ...options, bootstrap }, values)
  if (merged.unused.length > 0) {
    session.warn(`${flags.clusterManagerValuesFile}: without effect here: ${merged.unused.join(', ')}`)
  }
  return merged.options
}

/** That of the hub's token where it has one already: what was handed out stays valid, unlike with the original. */
async function tokenSecret({ cluster, signal }: Session): Promise<string> {
  const existing = await bootstrapTokenSecret(cluster, signal)
  const kept = Buffer.from(existing?.data?.['token-secret'] ?? '', 'base64').toString()
  if (kept !== '') return kept
  const letters = Array.from(
    { length: SECRET_LENGTH },
    () => SECRET_ALPHABET[randomInt(SECRET_ALPHABET.length)],
  )
  return letters.join('')
}
