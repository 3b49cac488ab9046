import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { labelSelectorErrors, type StructuredLabelSelector } from '../../selectors/index.ts'
import { cidrErrors, portNameProblems, portNumberProblems } from '../field-checks/index.ts'
import { type IntOrString, nameErrors, strategyOf } from '../strategy/index.ts'
import { isStrictSubset, parseCidr } from './cidr.ts'

type Selector = StructuredLabelSelector & JsonObject

interface Port extends JsonObject {
  readonly protocol?: string
  readonly port?: IntOrString
  readonly endPort?: number
}

interface IpBlock extends JsonObject {
  readonly cidr: string
  readonly except?: readonly string[]
}

interface Peer extends JsonObject {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
  readonly ipBlock?: IpBlock
}

interface IngressRule extends JsonObject {
  readonly ports?: readonly Port[]
  readonly from?: readonly Peer[]
}

interface EgressRule extends JsonObject {
  readonly ports?: readonly Port[]
  readonly to?: readonly Peer[]
}

interface NetworkPolicy extends KubeObject {
  readonly spec: JsonObject & {
    readonly podSelector?: Selector
    readonly ingress?: readonly IngressRule[]
    readonly egress?: readonly EgressRule[]
    readonly policyTypes?: readonly string[]
  }
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const TYPES = ['Ingress', 'Egress']

function withPolicyDefaults(object: KubeObject): KubeObject {
  const { spec } = object as NetworkPolicy
  const { ingress, egress, policyTypes = [] } = spec
  const withPorts = <Rule extends IngressRule | EgressRule>(rule: Rule): Rule =>
    rule.ports ? { ...rule, ports: rule.ports.map((port) => ({ protocol: 'TCP', ...port })) } : rule
  const implied = egress && egress.length > 0 ? TYPES : ['Ingress']
  return {
    ...object,
    spec: {
      ...spec,
      ...(ingress ? { ingress: ingress.map(withPorts) } : {}),
      ...(egress ? { egress: egress.map(withPorts) } : {}),
      policyTypes: policyTypes.length > 0 ? policyTypes : implied,
    },
  }
}

/** What is wrong with a NetworkPolicy (kubernetes, apis/networking/validation). */
function policyErrors({ spec }: NetworkPolicy): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec
  return [
    ...(podSelector ? labelSelectorErrors(podSelector, 'spec.podSelector') : []),
    ...ingress.flatMap((rule, index) => ruleErrors(rule, rule.from, `spec.ingress[${index}]`, 'from')),
    ...egress.flatMap((rule, index) => ruleErrors(rule, rule.to, `spec.egress[${index}]`, 'to')),
    ...(policyTypes.length > TYPES.length
      ? [invalid('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')]
      : policyTypes.flatMap((type, index) =>
          TYPES.includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, TYPES)],
        )),
  ]
}

function ruleErrors(
  { ports = [] }: IngressRule | EgressRule,
  peers: readonly Peer[] = [],
  path: string,
  peersName: string,
): FieldError[] {
  return [
    ...ports.flatMap((port, index) => portErrors(port, `${path}.ports[${index}]`)),
    ...peers.flatMap((peer, index) => peerErrors(peer, `${path}.${peersName}[${index}]`)),
  ]
}

function portErrors({ protocol, port, endPort }: Port, path: string): FieldError[] {
  const [portField, endField] = [`${path}.port`, `${path}.endPort`]
  const errors: FieldError[] = []
  if (protocol !== undefined && !PROTOCOLS.includes(protocol))
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS))
  const wrongEnd = (detail: string) => (endPort === undefined ? [] : [invalid(endField, endPort, detail)])
  if (port === undefined) return [...errors, ...wrongEnd('may not be specified when `port` is not specified')]
  if (typeof port === 'string')
    return [
      ...errors,
      ...wrongEnd('may not be specified when `port` is non-numeric'),
      ...nameErrors(port, portField, portNameProblems),
    ]
  errors.push(...portNumberProblems(port).map((problem) => invalid(portField, port, problem)))
  if (endPort === undefined) return errors
  // The original quotes the first port here.
  if (endPort < port) errors.push(invalid(endField, port, 'must be greater than or equal to `port`'))
  return [...errors, ...portNumberProblems(endPort).map((problem) => invalid(endField, endPort, problem))]
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: Peer, path: string): FieldError[] {
  const errors = [
    ...(podSelector ? labelSelectorErrors(podSelector, `${path}.podSelector`) : []),
    ...(namespaceSelector ? labelSelectorErrors(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...(ipBlock ? ipBlockErrors(ipBlock, `${path}.ipBlock`) : []),
  ]
  if (!podSelector && !namespaceSelector && !ipBlock)
    return [...errors, required(path, 'must specify a peer')]
  if (!ipBlock || (!podSelector && !namespaceSelector)) return errors
  return [...errors, forbidden(path, 'may not specify both ipBlock and another peer')]
}

function ipBlockErrors({ cidr, except = [] }: IpBlock, path: string): FieldError[] {
  if (cidr === '') return [required(`${path}.cidr`)]
  const outer = parseCidr(cidr)
  if (!outer) return cidrErrors(cidr, `${path}.cidr`)
  return except.flatMap((text, index) => {
    const field = `${path}.except[${index}]`
    const inner = parseCidr(text)
    if (!inner) return cidrErrors(text, field)
    return isStrictSubset(inner, outer) ? [] : [invalid(field, text, 'must be a strict subset of `cidr`')]
  })
}

const errors = (policy: KubeObject) => policyErrors(policy as NetworkPolicy)

export const NETWORK_POLICY_STRATEGY = strategyOf({
  countsGenerations: true,
  withDefaults: withPolicyDefaults,
  validate: errors,
  validateUpdate: errors,
})
