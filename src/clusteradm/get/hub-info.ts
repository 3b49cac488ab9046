import { CLUSTER_MANAGERS, type ClusterManager } from '../../apis/operator/v1.ts'
import { requireHub } from '../cluster-kind.ts'
import { noArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CLUSTER_MANAGER, CLUSTER_MANAGER_CRD, HUB_NAMESPACE, OPERATOR_NAMESPACE } from '../names.ts'
import { INFO_OUTPUT_FLAG, infoFormat, printInfo } from '../output/info-format.ts'
import type { Session } from '../session.ts'
import {
  type ComponentInfo,
  type CrdInfo,
  componentInfo,
  componentLines,
  crdInfos,
  crdLine,
  crdNamesOf,
  deploymentInfo,
  type OperatorInfo,
  operatorLines,
} from './components.ts'

const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: CLUSTER_MANAGER }

interface HubInfo {
  readonly registrationOperator?: OperatorInfo
  readonly components?: readonly ComponentInfo[]
  readonly crds?: readonly CrdInfo[]
}

export const getHubInfo = command({
  name: 'get hub-info',
  description: 'Shows the parts of the hub: what runs, how many of it, and of which image.',
  flags: INFO_OUTPUT_FLAG,
  run: async (session, { words, flags }) => {
    noArguments(words)
    const format = infoFormat(flags.output)
    await requireHub(session.cluster, session.signal)
    const info = await hubInfo(session)
    printInfo(session, format, info, () => linesOf(info))
  },
})

async function hubInfo(session: Session): Promise<HubInfo> {
  const { cluster, signal } = session
  const controller = await deploymentInfo(session, OPERATOR, 'registration-operator')
  const registrationOperator = controller && {
    controller,
    crds: await crdInfos(session, [CLUSTER_MANAGER_CRD]),
  }
  const manager = await cluster
    .resource<ClusterManager>(CLUSTER_MANAGERS)
    .find({ name: OPERATOR.name }, { signal })
  if (!manager) return { ...(registrationOperator && { registrationOperator }) }
  const related = manager.status?.relatedResources ?? []
  const where = { related, namespace: HUB_NAMESPACE }
  const components = await Promise.all(
    componentsOf(manager).map(([title, names]) => componentInfo(session, title, names, where)),
  )
  const crds = await crdInfos(session, crdNamesOf(related))
  return { ...(registrationOperator && { registrationOperator }), components, crds }
}

/** Which Deployments there should be, by heading, in the original's order. */
function componentsOf({ spec }: ClusterManager): [string, string[]][] {
  const name = (suffix: string) => `${OPERATOR.name}-${suffix}`
  const { addOnManagerConfiguration, workConfiguration } = spec ?? {}
  const hasAddOnManager =
    !addOnManagerConfiguration || isEnabled(addOnManagerConfiguration.featureGates, 'AddonManagement')
  const hasWorkController = isEnabled(workConfiguration?.featureGates, 'ManifestWorkReplicaSet')
  return [
    ...(hasAddOnManager ? [['AddOn Manager', [name('addon-manager-controller')]] as [string, string[]]] : []),
    ['Registration', [name('registration-controller'), name('registration-webhook')]],
    ['Work', [...(hasWorkController ? [name('work-controller')] : []), name('work-webhook')]],
    ['Placement', [name('placement-controller')]],
  ]
}

function isEnabled(
  gates: readonly { readonly feature?: string; readonly mode?: string }[] | undefined,
  feature: string,
): boolean {
  return gates?.some((gate) => gate.feature === feature && gate.mode === 'Enable') ?? false
}

function linesOf({ registrationOperator, components, crds = [] }: HubInfo): string[] {
  return [
    ...operatorLines(registrationOperator, crdLine),
    ...(components ? componentLines(components, crds) : ['Components:\t<uninstalled>']),
  ]
}
