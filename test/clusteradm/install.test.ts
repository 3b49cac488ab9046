import { describe, expect, it } from 'vitest'
import { HUB_REGISTRATION_GATES, HUB_WORK_GATES } from '../../src/apis/feature-gates.ts'
import { CommandError } from '../../src/clusteradm/failure.ts'
import { withHubValues } from '../../src/clusteradm/init/hub-values.ts'
import {
  registrationDrivers,
  requireUsableIdentities,
} from '../../src/clusteradm/init/registration-drivers.ts'
import { featureGatesFor, parseFeatureGates } from '../../src/clusteradm/install/feature-gates.ts'
import { imageOptions } from '../../src/clusteradm/install/image-options.ts'
import { isContained } from '../../src/clusteradm/install/is-contained.ts'
import { resourceRequirement } from '../../src/clusteradm/install/resource-requirement.ts'
import { bootstrapKubeconfig, mergedBundles } from '../../src/clusteradm/join/bootstrap-kubeconfig.ts'
import { labelSelectorText } from '../../src/clusteradm/label-selector-text.ts'

describe('feature gates', () => {
  const parse = (...texts: string[]) => parseFeatureGates(texts, [HUB_REGISTRATION_GATES, HUB_WORK_GATES])

  it('are what is on, and what was turned off', () => {
    expect(featureGatesFor(HUB_REGISTRATION_GATES, parse())).toEqual([
      { feature: 'DefaultClusterSet', mode: 'Enable' },
      { feature: 'ResourceCleanup', mode: 'Enable' },
    ])
    expect(
      featureGatesFor(HUB_REGISTRATION_GATES, parse('DefaultClusterSet=false', 'ClusterProfile=true')),
    ).toEqual([
      { feature: 'DefaultClusterSet', mode: 'Disable' },
      { feature: 'ResourceCleanup', mode: 'Enable' },
      { feature: 'ClusterProfile', mode: 'Enable' },
    ])
    expect(featureGatesFor(HUB_WORK_GATES, parse('AllAlpha=true', 'CloudEventsDrivers=false'))).toEqual([
      { feature: 'NilExecutorValidating', mode: 'Enable' },
      { feature: 'ManifestWorkReplicaSet', mode: 'Enable' },
      { feature: 'CleanUpCompletedManifestWork', mode: 'Enable' },
    ])
  })

  it('are refused where they are none', () => {
    expect(() => parse('Nosuch=true')).toThrow('unrecognized feature gate: Nosuch')
    expect(() => parse('ClusterProfile')).toThrow('missing bool value for ClusterProfile')
    expect(() => parse('ClusterProfile=maybe')).toThrow('invalid value of ClusterProfile=maybe')
  })
})

describe('bundle versions', () => {
  const options = (bundleVersion: string) =>
    imageOptions({
      imageRegistry: 'r.example/ocm/',
      imagePullCredentialFile: '',
      bundleVersion,
      bundleVersionOverrides: '',
    })

  it('are known, or just releases', async () => {
    const tags = {
      default: 'v1.3.1',
      latest: 'latest',
      '1.2.0': 'v1.2.0',
      'v1.2.1': 'v1.2.1',
      '0.7.0': 'v0.7.0',
    }
    for (const [version, tag] of Object.entries(tags)) {
      expect(await options(version)).toEqual({ images: { registry: 'r.example/ocm', tag } })
    }
  })

  it('are refused in the words of the original', async () => {
    await expect(options('newest')).rejects.toThrow("couldn't find the requested version bundle: newest")
  })
})

describe('resource requirements', () => {
  const requirement = (resourceQosClass: string, limits: string[] = [], requests: string[] = []) =>
    resourceRequirement({ resourceQosClass, resourceLimits: limits, resourceRequests: requests })

  it('are a class, or amounts', () => {
    expect(requirement('BestEffort')).toEqual({ type: 'BestEffort' })
    expect(requirement('ResourceRequirement', ['cpu=1', 'memory=1Gi'], ['cpu=500m'])).toEqual({
      type: 'ResourceRequirement',
      resourceRequirements: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
    })
  })

  it('are refused where they contradict themselves', () => {
    expect(() => requirement('ResourceRequirement')).toThrow('both limits and requests are not set')
    expect(() => requirement('Default', ['cpu=1'])).toThrow('resource type must be ResourceRequirement')
    expect(() => requirement('ResourceRequirement', ['cpu=1'], ['cpu=1500m'])).toThrow(
      'requests 1500m must be less than or equal to limits 1',
    )
    expect(() => requirement('ResourceRequirement', ['cpu=much'])).toThrow('quantities must match')
    expect(() => requirement('ResourceRequirement', ['cpu'])).toThrow('must be formatted as key=value')
    expect(() => requirement('Guaranteed')).toThrow(CommandError)
  })
})

describe('registration drivers', () => {
  const none = {
    registrationDrivers: [] as string[],
    hubClusterArn: '',
    awsResourceTags: [],
    autoApprovedCsrIdentities: [] as string[],
    autoApprovedArnPatterns: [],
    autoApprovedGrpcIdentities: [],
    grpcServer: '',
    grpcEndpointType: 'hostname',
  }

  it('carry who is accepted by itself', () => {
    const values = { ...none, registrationDrivers: ['csr'], autoApprovedCsrIdentities: ['u1'] }
    expect(registrationDrivers(values)).toEqual([
      { authType: 'csr', csr: { autoApprovedIdentities: ['u1'] } },
    ])
    expect(() => requireUsableIdentities(values, false)).toThrow(
      'should enable feature gate ManagedClusterAutoApproval',
    )
    expect(() => requireUsableIdentities(values, true)).not.toThrow()
    const without = { ...values, registrationDrivers: [] }
    expect(() => requireUsableIdentities(without, true)).toThrow(
      'if not initializing hub with csr registration',
    )
  })

  it('are refused where there is none of the name', () => {
    expect(() => registrationDrivers({ ...none, registrationDrivers: ['x'] })).toThrow(
      'only csr,awsirsa and grpc are valid drivers',
    )
  })
})

describe('values of a chart', () => {
  it('win over flags, and what has no effect is told', () => {
    const { options, unused } = withHubValues(
      {
        images: { tag: 'v1' },
        bootstrap: { serviceAccount: true },
        clusterManager: { resourceRequirement: { type: 'Default' } },
      },
      {
        replicaCount: 1,
        images: { tag: 'v2', overrides: { workImage: 'w:1' } },
        createBootstrapSA: false,
        clusterManager: { mode: 'Default', resourceRequirement: { type: 'BestEffort' } },
        affinity: {},
      },
    )
    expect(options).toMatchObject({
      replicas: 1,
      images: { tag: 'v2', overrides: { work: 'w:1' } },
      bootstrap: { serviceAccount: true },
      clusterManager: { resourceRequirement: { type: 'BestEffort' } },
    })
    expect(unused).toEqual(['affinity'])
  })
})

describe('what is applied', () => {
  it('is left alone where it is so already', () => {
    const wanted = {
      spec: { replicas: 1, containers: [{ name: 'a', image: 'i' }], list: ['x'], empty: {}, off: false },
    }
    const actual = {
      metadata: { uid: '1' },
      spec: {
        replicas: 1,
        containers: [{ name: 'sidecar' }, { name: 'a', image: 'i', pull: 'Always' }],
        list: ['x'],
      },
    }
    expect(isContained(wanted, actual)).toBe(true)
  })

  it('is changed where anything differs', () => {
    expect(isContained({ a: 1 }, { a: 2 })).toBe(false)
    expect(isContained({ a: [{ name: 'x', v: 1 }] }, { a: [{ name: 'x', v: 2 }] })).toBe(false)
    expect(isContained({ a: ['x'] }, { a: ['x', 'y'] })).toBe(false)
    expect(isContained({ a: { b: 'c' } }, {})).toBe(false)
    expect(isContained({ constructor: 'x' }, {})).toBe(false)
  })
})

describe("the agent's first kubeconfig", () => {
  it('has the names of the original', () => {
    expect(bootstrapKubeconfig({ server: 'https://h/', token: 't', ca: 'CA', proxyUrl: 'http://p' })).toBe(
      [
        'apiVersion: v1',
        'clusters:',
        '- cluster:',
        '    certificate-authority-data: Q0E=',
        '    proxy-url: http://p',
        '    server: https://h/',
        '  name: hub',
        'contexts:',
        '- context:',
        '    cluster: hub',
        '    namespace: default',
        '    user: bootstrap',
        '  name: bootstrap',
        'current-context: bootstrap',
        'kind: Config',
        'preferences: {}',
        'users:',
        '- name: bootstrap',
        '  user:',
        '    token: t',
        '',
      ].join('\n'),
    )
  })

  it('has each CA once', () => {
    const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
    expect(mergedBundles(block('A') + block('B'), `text\n${block('B')}${block('C')}`)).toBe(
      block('A') + block('B') + block('C'),
    )
  })
})

describe('a label selector', () => {
  it('is written as a query has it', () => {
    const selector = {
      matchLabels: { a: 'b' },
      matchExpressions: [
        { key: 'c', operator: 'In', values: ['d', 'e'] },
        { key: 'f', operator: 'NotIn', values: ['g'] },
        { key: 'h', operator: 'Exists' },
        { key: 'i', operator: 'DoesNotExist' },
      ],
    } as const
    expect(labelSelectorText(selector)).toBe('a=b,c in (d,e),f notin (g),h,!i')
  })
})
