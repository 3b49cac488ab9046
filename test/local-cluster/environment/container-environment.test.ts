import { describe, expect, it } from 'vitest'
import type { ConfigMap, Container, Pod, Secret, Service } from '../../../src/apis/core/v1.ts'
import {
  type ConfigReader,
  ContainerConfigError,
  containerEnvironment,
} from '../../../src/local-cluster/environment/index.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const CONFIG_MAPS: Record<string, ConfigMap> = {
  settings: { metadata: { name: 'settings' }, data: { COLOR: 'blue', SIZE: 'xl', 'app.conf': 'x=1' } },
}
const SECRETS: Record<string, Secret> = {
  login: { metadata: { name: 'login' }, data: { USER: base64('me'), PASSWORD: base64('pa$$(COLOR)') } },
  binary: { metadata: { name: 'binary' }, data: { KEY: base64('a\0b') } },
}

class Objects implements ConfigReader {
  reads = 0

  async configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    this.reads += 1
    return namespace === 'shop' ? CONFIG_MAPS[name] : undefined
  }

  async secret(namespace: string, name: string): Promise<Secret | undefined> {
    this.reads += 1
    return namespace === 'shop' ? SECRETS[name] : undefined
  }
}

const POD: Pod = {
  metadata: {
    name: 'web-0',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'web', 'example.com/tier': 'front' },
    annotations: { note: 'hello "you"' },
  },
  spec: { serviceAccountName: 'seller' },
}

const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  metadata: { namespace, name },
  spec: spec ?? {},
})

const SERVICES = [
  service('default', 'kubernetes', { clusterIP: '127.128.0.1', ports: [{ name: 'https', port: 443 }] }),
  service('shop', 'redis-master.0', {
    clusterIP: '127.128.0.7',
    ports: [
      { name: 'redis', port: 6379, protocol: 'TCP' },
      { name: 'stats-x', port: 80, protocol: 'UDP' },
    ],
  }),
  service('shop', 'headless', { clusterIP: 'None', ports: [{ port: 1 }] }),
  service('shop', 'elsewhere', { type: 'ExternalName', externalName: 'example.com' }),
  service('other', 'hidden', { clusterIP: '127.128.0.9', ports: [{ port: 80 }] }),
]

function environment(container: Partial<Container>, more: Partial<{ pod: Pod; objects: Objects }> = {}) {
  return containerEnvironment({
    pod: POD,
    container: { name: 'main', ...container },
    services: [],
    objects: new Objects(),
    podIP: '127.64.0.9',
    hostIP: '127.64.0.1',
    nodeName: 'node-1',
    ...more,
  })
}

const valuesOf = async (container: Partial<Container>) => Object.fromEntries(await environment(container))

describe('containerEnvironment', () => {
  it('has the variables of Services, in both styles', async () => {
    const env = await containerEnvironment({
      pod: POD,
      container: { name: 'main' },
      services: SERVICES,
      objects: new Objects(),
      podIP: '',
      hostIP: '',
      nodeName: '',
    })
    expect(Object.fromEntries(env)).toEqual({
      KUBERNETES_SERVICE_HOST: '127.128.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://127.128.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://127.128.0.1:443',
      KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_443_TCP_PORT: '443',
      KUBERNETES_PORT_443_TCP_ADDR: '127.128.0.1',
      REDIS_MASTER_0_SERVICE_HOST: '127.128.0.7',
      REDIS_MASTER_0_SERVICE_PORT: '6379',
      REDIS_MASTER_0_SERVICE_PORT_REDIS: '6379',
      REDIS_MASTER_0_SERVICE_PORT_STATS_X: '80',
      REDIS_MASTER_0_PORT: 'tcp://127.128.0.7:6379',
      REDIS_MASTER_0_PORT_6379_TCP: 'tcp://127.128.0.7:6379',
      REDIS_MASTER_0_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_MASTER_0_PORT_6379_TCP_PORT: '6379',
      REDIS_MASTER_0_PORT_6379_TCP_ADDR: '127.128.0.7',
      REDIS_MASTER_0_PORT_80_UDP: 'udp://127.128.0.7:80',
      REDIS_MASTER_0_PORT_80_UDP_PROTO: 'udp',
      REDIS_MASTER_0_PORT_80_UDP_PORT: '80',
      REDIS_MASTER_0_PORT_80_UDP_ADDR: '127.128.0.7',
    })
  })

  it('has those of the API server even where a Pod wants no links', async () => {
    const env = await containerEnvironment({
      pod: { ...POD, spec: { enableServiceLinks: false } },
      container: { name: 'main', env: [{ name: 'KUBERNETES_PORT', value: 'mine' }] },
      services: SERVICES,
      objects: new Objects(),
      podIP: '',
      hostIP: '',
      nodeName: '',
    })
    expect([...env.keys()].filter((name) => !name.startsWith('KUBERNETES_'))).toEqual([])
    expect(env.get('KUBERNETES_SERVICE_HOST')).toBe('127.128.0.1')
    expect(env.get('KUBERNETES_PORT')).toBe('mine')
  })

  it('takes whole objects, with a prefix, later ones over earlier ones, and its own over all', async () => {
    const env = await valuesOf({
      envFrom: [
        { configMapRef: { name: 'settings' } },
        { prefix: 'DB_', secretRef: { name: 'login' } },
        { configMapRef: { name: 'absent', optional: true } },
      ],
      env: [{ name: 'COLOR', value: 'red' }],
    })
    expect(env).toEqual({
      COLOR: 'red',
      SIZE: 'xl',
      'app.conf': 'x=1',
      DB_USER: 'me',
      DB_PASSWORD: 'pa$$(COLOR)',
    })
  })

  it('expands what is set before, and only that', async () => {
    const env = await valuesOf({
      envFrom: [{ configMapRef: { name: 'settings' } }],
      env: [
        { name: 'EARLY', value: '$(LATE)-$(SIZE)' },
        { name: 'LATE', value: 'late' },
        { name: 'BOTH', value: '$(EARLY)/$(LATE)/$$(LATE)' },
      ],
    })
    expect(env).toMatchObject({ EARLY: '$(LATE)-xl', BOTH: '$(LATE)-xl/late/$(LATE)' })
  })

  it('reads keys, fields and resources', async () => {
    const field = (fieldPath: string) => ({ name: fieldPath, valueFrom: { fieldRef: { fieldPath } } })
    const resource = (name: string, resource: string, divisor?: string) => ({
      name,
      valueFrom: { resourceFieldRef: { resource, ...(divisor && { divisor }) } },
    })
    const env = await valuesOf({
      resources: { limits: { cpu: '1500m', memory: '100Mi' }, requests: { cpu: '0.1' } },
      env: [
        { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOR' } } },
        { name: 'USER', valueFrom: { secretKeyRef: { name: 'login', key: 'USER' } } },
        { name: 'NONE', valueFrom: { secretKeyRef: { name: 'login', key: 'NONE', optional: true } } },
        { name: 'GONE', valueFrom: { configMapKeyRef: { name: 'gone', key: 'X', optional: true } } },
        field('metadata.name'),
        field('metadata.namespace'),
        field('metadata.uid'),
        field("metadata.labels['example.com/tier']"),
        field("metadata.labels['none']"),
        field("metadata.annotations['note']"),
        field('spec.nodeName'),
        field('spec.serviceAccountName'),
        field('status.podIP'),
        field('status.podIPs'),
        field('status.hostIP'),
        field('status.hostIPs'),
        resource('CPU', 'limits.cpu'),
        resource('CPU_MILLIS', 'limits.cpu', '1m'),
        resource('MEMORY', 'limits.memory'),
        resource('MEMORY_MI', 'limits.memory', '1Mi'),
        resource('MEMORY_GI', 'limits.memory', '1Gi'),
        resource('REQUEST', 'requests.cpu', '1m'),
        resource('NO_REQUEST', 'requests.memory'),
      ],
    })
    expect(env).toEqual({
      COLOR: 'blue',
      USER: 'me',
      'metadata.name': 'web-0',
      'metadata.namespace': 'shop',
      'metadata.uid': 'u-1',
      "metadata.labels['example.com/tier']": 'front',
      "metadata.labels['none']": '',
      "metadata.annotations['note']": 'hello "you"',
      'spec.nodeName': 'node-1',
      'spec.serviceAccountName': 'seller',
      'status.podIP': '127.64.0.9',
      'status.podIPs': '127.64.0.9',
      'status.hostIP': '127.64.0.1',
      'status.hostIPs': '127.64.0.1',
      CPU: '2',
      CPU_MILLIS: '1500',
      MEMORY: '104857600',
      MEMORY_MI: '100',
      MEMORY_GI: '1',
      REQUEST: '100',
      NO_REQUEST: '0',
    })
  })

  it('takes the node for the limit of a container that has none', async () => {
    const env = await containerEnvironment({
      pod: POD,
      container: {
        name: 'main',
        env: [{ name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }],
      },
      services: [],
      objects: new Objects(),
      podIP: '',
      hostIP: '',
      nodeName: '',
      allocatable: { cpu: '7' },
    })
    expect(env.get('CPU')).toBe('7')
  })

  it('reads an object once for all variables', async () => {
    const objects = new Objects()
    const key = (key: string) => ({ name: key, valueFrom: { configMapKeyRef: { name: 'settings', key } } })
    await environment(
      { env: [key('COLOR'), key('SIZE')], envFrom: [{ configMapRef: { name: 'settings' } }] },
      { objects },
    )
    expect(objects.reads).toBe(1)
  })

  it.each<[string, Partial<Container>]>([
    ['configmap "gone" not found', { envFrom: [{ configMapRef: { name: 'gone' } }] }],
    [
      'secret "gone" not found',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'gone', key: 'x' } } }] },
    ],
    [
      "couldn't find key nope in Secret shop/login",
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'login', key: 'nope' } } }] },
    ],
    [
      "couldn't find key __proto__ in ConfigMap shop/settings",
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: '__proto__' } } }] },
    ],
    [
      'unsupported fieldPath: status.phase',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] },
    ],
    [
      'container other not found',
      {
        env: [
          {
            name: 'A',
            valueFrom: { resourceFieldRef: { containerName: 'other', resource: 'limits.cpu' } },
          },
        ],
      },
    ],
    ['environment variable "KEY" holds a NUL byte', { envFrom: [{ secretRef: { name: 'binary' } }] }],
  ])('refuses with %s', async (message, container) => {
    const refusal = environment(container)
    await expect(refusal).rejects.toThrow(message)
    await expect(refusal).rejects.toBeInstanceOf(ContainerConfigError)
  })
})
