import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { Deployment } from '../../apis/apps/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, DEPLOYMENTS } from '../../apis/resources.ts'
import type { Session } from '../session.ts'

/** A Deployment, as the info commands show it. */
export interface DeploymentInfo {
  readonly name: string
  readonly namespace: string
  /** `Controller`, `Webhook` or `Agent`. */
  readonly role: string
  readonly available: number
  readonly expected: number
  readonly image: string
}

export interface CrdInfo {
  readonly name: string
  readonly installed: boolean
  /** Those that are served; the one that is stored has a star. */
  readonly versions: readonly string[]
}

export interface OperatorInfo {
  readonly controller: DeploymentInfo
  readonly crds: readonly CrdInfo[]
}

/** What an operator says it has made. */
export interface RelatedResource {
  readonly resource: string
  readonly namespace?: string | undefined
  readonly name: string
}

export interface ComponentInfo {
  readonly title: string
  readonly deployments: readonly DeploymentInfo[]
}

/** Undefined when there is no such Deployment. `container` names the one whose image counts; without it, the last one's. */
export async function deploymentInfo(
  { cluster, signal }: Session,
  key: { readonly namespace: string; readonly name: string },
  container?: string,
): Promise<DeploymentInfo | undefined> {
  const deployment = await cluster.resource<Deployment>(DEPLOYMENTS).find(key, { signal })
  if (!deployment) return undefined
  const containers = deployment.spec.template.spec?.containers ?? []
  const counted =
    container === undefined ? containers.at(-1) : containers.find(({ name }) => name === container)
  return {
    ...key,
    role: roleOf(key.name),
    available: deployment.status?.availableReplicas ?? 0,
    expected: deployment.spec.replicas ?? 1,
    image: counted?.image ?? '<none>',
  }
}

/** The Deployments of a component that there are. The namespace is what the operator's status says, else the usual one. */
export async function componentInfo(
  session: Session,
  title: string,
  names: readonly string[],
  { related, namespace }: { readonly related: readonly RelatedResource[]; readonly namespace: string },
): Promise<ComponentInfo> {
  const found = await Promise.all(
    names.map((name) => {
      const known = related.find((each) => each.resource === 'deployments' && each.name === name)
      return deploymentInfo(session, { name, namespace: known?.namespace || namespace })
    }),
  )
  return { title, deployments: found.filter((info) => info !== undefined) }
}

/** The CRDs of these names, sorted. */
export async function crdInfos({ cluster, signal }: Session, names: readonly string[]): Promise<CrdInfo[]> {
  const { items } = await cluster
    .resource<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS)
    .listAll({ ...(names.length === 1 && { fieldSelector: `metadata.name=${names[0]}` }), signal })
  return [...new Set(names)].sort().map((name) => {
    const crd = items.find(({ metadata }) => metadata.name === name)
    const served = (crd?.spec.versions ?? []).filter((version) => version.served)
    const versions = served.map((version) => (version.storage ? `*${version.name}` : version.name)).sort()
    return { name, installed: crd !== undefined, versions }
  })
}

export function crdNamesOf(related: readonly RelatedResource[]): string[] {
  return related.filter(({ resource }) => resource === 'customresourcedefinitions').map(({ name }) => name)
}

/** `(3/3) image`, below a heading of the component. Both counts are available/expected; the original turns those of components. */
function deploymentLine({ role, available, expected, image }: DeploymentInfo): string {
  return `${role}:\t(${available}/${expected}) ${image}`
}

export function crdLine({ name, installed, versions }: CrdInfo): string {
  return `(${installed ? 'installed' : 'absent'}) ${name} [${versions.join('|')}]`
}

/** The part of an operator; `crdText` shows its CRDs. */
export function operatorLines(
  operator: OperatorInfo | undefined,
  crdText: (crd: CrdInfo) => string,
): string[] {
  if (!operator) return ['Registration Operator:\t<none>']
  return [
    'Registration Operator:',
    `  ${deploymentLine(operator.controller)}`,
    '  CustomResourceDefinition:',
    ...operator.crds.map((crd) => `    ${crdText(crd)}`),
  ]
}

/** What an operator has made. */
export function componentLines(components: readonly ComponentInfo[], crds: readonly CrdInfo[]): string[] {
  return [
    'Components:',
    ...components.flatMap(({ title, deployments }) => [
      `  ${title}:`,
      ...deployments.map((deployment) => `    ${deploymentLine(deployment)}`),
    ]),
    '  CustomResourceDefinition:',
    ...crds.map((crd) => `    ${crdLine(crd)}`),
  ]
}

function roleOf(name: string): string {
  if (name.endsWith('agent')) return 'Agent'
  return name.endsWith('webhook') ? 'Webhook' : 'Controller'
}
