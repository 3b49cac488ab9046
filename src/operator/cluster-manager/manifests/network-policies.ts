import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'

const TCP = 'TCP'
const DNS_PORTS = [53, 5353]
const API_PORTS = [443, 6443]

/** With the gate NetworkPolicies: what may talk with the hub's Pods, by ports, since addresses differ from platform to platform. */
export function networkPolicies(config: HubConfig): Manifest[] {
  const { registrationWebhook, workWebhook, addonWebhook } = config
  const webhooks = ['registration-webhook', 'work-webhook', 'addon-webhook'].map(
    (each) => `${config.name}-${each}`,
  )
  const placement = 'clustermanager-placement-controller'
  const all = podsOf([
    'clustermanager-registration-controller',
    `${config.name}-work-controller`,
    placement,
    'clustermanager-addon-manager-controller',
    ...webhooks,
  ])
  const inward = [registrationWebhook.port, workWebhook.port, addonWebhook.port, 9443]
  return [
    policy(config, 'default-deny-all', all, { policyTypes: ['Ingress', 'Egress'] }),
    policy(config, 'allow-egress', all, {
      policyTypes: ['Egress'],
      egress: [
        {
          ports: DNS_PORTS.flatMap((port) => [
            { port, protocol: 'UDP' },
            { port, protocol: TCP },
          ]),
        },
        { ports: tcp(API_PORTS) },
      ],
    }),
    policy(config, 'allow-intra-namespace', all, {
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: all }] }],
      egress: [{ to: [{ podSelector: all }] }],
    }),
    policy(config, 'allow-hub-ingress', podsOf([...webhooks, placement]), {
      policyTypes: ['Ingress'],
      ingress: [{ ports: tcp(inward) }],
    }),
    policy(config, 'allow-prometheus-ingress', all, {
      policyTypes: ['Ingress'],
      ingress: [{ ports: tcp([8080, 8443]) }],
    }),
  ]
}

function policy({ namespace, labels }: HubConfig, name: string, podSelector: object, spec: object): Manifest {
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels },
    spec: { podSelector, ...spec },
  }
  return manifest
}

function podsOf(values: readonly string[]) {
  return { matchExpressions: [{ key: 'app', operator: 'In', values }] }
}

function tcp(ports: readonly number[]) {
  return [...new Set(ports)].map((port) => ({ port, protocol: TCP }))
}
