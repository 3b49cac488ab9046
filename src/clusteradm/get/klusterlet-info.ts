import type { Condition } from '../../apis/meta/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../apis/operator/v1.ts'
import { requireManagedCluster } from '../cluster-kind.ts'
import { noArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import {
  agentDeploymentsOf,
  agentNamespaceOf,
  KLUSTERLET,
  KLUSTERLET_CRD,
  OPERATOR_NAMESPACE,
} from '../names.ts'
import { INFO_OUTPUT_FLAG, infoFormat, printInfo } from '../output/info-format.ts'
import type { Session } from '../session.ts'
import {
  type ComponentInfo,
  type CrdInfo,
  componentInfo,
  componentLines,
  crdInfos,
  crdNamesOf,
  deploymentInfo,
  type OperatorInfo,
  operatorLines,
} from './components.ts'

const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: KLUSTERLET }

interface KlusterletInfo {
  readonly conditions: readonly Condition[]
  readonly registrationOperator?: OperatorInfo
  readonly components: readonly ComponentInfo[]
  readonly crds: readonly CrdInfo[]
}

export const getKlusterletInfo = command({
  name: 'get klusterlet-info',
  description: 'Shows the parts of the klusterlet: its conditions, what runs, and of which image.',
  flags: INFO_OUTPUT_FLAG,
  run: async (session, { words, flags }) => {
    noArguments(words)
    const format = infoFormat(flags.output)
    const { cluster, signal } = session
    await requireManagedCluster(cluster, signal)
    const klusterlet = await cluster
      .resource<Klusterlet>(KLUSTERLETS)
      .find({ name: OPERATOR.name }, { signal })
    if (!klusterlet) {
      const nothing = "No klusterlet detected! Please make sure you're using the correct context!"
      printInfo(session, format, {}, () => [nothing])
      return
    }
    const info = await klusterletInfo(session, klusterlet)
    printInfo(session, format, info, () => linesOf(info))
  },
})

async function klusterletInfo(session: Session, klusterlet: Klusterlet): Promise<KlusterletInfo> {
  const controller = await deploymentInfo(session, OPERATOR, 'klusterlet')
  const { status } = klusterlet
  const related = status?.relatedResources ?? []
  const names = agentDeploymentsOf(klusterlet)
  const titles = names.length === 1 ? ['Controller'] : ['Registration', 'Work']
  const where = { related, namespace: agentNamespaceOf(klusterlet) }
  return {
    conditions: status?.conditions ?? [],
    ...(controller && {
      registrationOperator: { controller, crds: await crdInfos(session, [KLUSTERLET_CRD]) },
    }),
    components: await Promise.all(
      names.map((name, at) => componentInfo(session, titles[at] ?? '', [name], where)),
    ),
    crds: await crdInfos(session, crdNamesOf(related)),
  }
}

function linesOf({ conditions, registrationOperator, components, crds }: KlusterletInfo): string[] {
  return [
    'Klusterlet Conditions:',
    ...conditions.flatMap(conditionLines),
    ...operatorLines(
      registrationOperator,
      ({ installed, name }) => `(${installed ? 'installed' : 'absent'}) ${name}`,
    ),
    ...componentLines(components, crds),
  ]
}

function conditionLines({ type, status, lastTransitionTime, reason, message }: Condition): string[] {
  return [
    `  Type:\t\t\t${type}`,
    `  Status:\t\t${status}`,
    `  LastTransitionTime:\t${goTime(lastTransitionTime)}`,
    `  Reason:\t\t${reason}`,
    `  Message:\t\t${message}`,
    '',
  ]
}

/** As Go prints a time: `2026-01-01 00:00:00 +0000 UTC`. */
function goTime(text: string): string {
  const date = new Date(text)
  return Number.isNaN(date.getTime())
    ? text
    : date.toISOString().replace(/^(.*)T(.*)\.\d+Z$/, '$1 $2 +0000 UTC')
}
