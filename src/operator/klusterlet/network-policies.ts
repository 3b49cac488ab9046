import type { LabelSelector } from '../../apis/meta/v1.ts'
import type { Manifest } from '../apply/manifest.ts'

type Port = readonly ['TCP' | 'UDP', number]

interface Traffic {
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[]
  readonly to?: readonly object[]
}

const EVERY_POD: LabelSelector = {}
const NEIGHBOURS = [{ podSelector: EVERY_POD }]

/** With the gate NetworkPolicies: Pods in the agents' namespace talk to each other, to API servers and to the DNS, and no more. */
export function networkPolicies(namespace: string): Manifest[] {
  const neighboursIn = [{ from: NEIGHBOURS }]
  return [
    policy(namespace, 'default-deny-all', EVERY_POD, { policyTypes: ['Ingress', 'Egress'] }),
    policy(namespace, 'allow-dns-and-api', EVERY_POD, {
      policyTypes: ['Egress'],
      egress: [
        ports(['UDP', 5353], ['TCP', 5353]),
        ports(['UDP', 53], ['TCP', 53]),
        ports(['TCP', 443], ['TCP', 6443]),
      ],
    }),
    policy(
      namespace,
      'klusterlet',
      { matchLabels: { app: 'klusterlet' } },
      {
        policyTypes: ['Ingress', 'Egress'],
        ingress: neighboursIn,
        egress: [{ to: NEIGHBOURS }, ports(['TCP', 443])],
      },
    ),
    policy(
      namespace,
      'klusterlet-agent',
      { matchLabels: { app: 'klusterlet-agent' } },
      {
        policyTypes: ['Ingress', 'Egress'],
        ingress: neighboursIn,
        egress: [ports(['TCP', 443]), ports(['TCP', 9443]), { to: NEIGHBOURS }],
      },
    ),
  ]
}

function policy(namespace: string, name: string, podSelector: LabelSelector, rules: object): Manifest {
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector, ...rules },
  }
  return manifest
}

function ports(...list: readonly Port[]): Traffic {
  return { ports: list.map(([protocol, port]) => ({ protocol, port })) }
}
