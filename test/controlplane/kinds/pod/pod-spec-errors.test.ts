import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import {
  type PodSpec,
  podSpecDefaults,
  podSpecErrors,
  podTemplateErrors,
} from '../../../../src/controlplane/kinds/pod/index.ts'

const CONTAINER = { name: 'c', image: 'i' }

function errorsOf(spec: JsonObject, podName = 'p'): string[] {
  const complete = podSpecDefaults({ containers: [CONTAINER], ...spec } as PodSpec)
  return podSpecErrors(complete, podName, 'spec').map(({ field, message }) => `${field}: ${message}`)
}

/** Of a pod with one container that has these fields. */
const ofContainer = (fields: JsonObject) => errorsOf({ containers: [{ ...CONTAINER, ...fields }] })

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

describe('what is wrong with containers', () => {
  it.each<[string, JsonObject, string[]]>([
    ['nothing', {}, []],
    ['no name', { name: '' }, ['name: Required value']],
    ['a name with dots', { name: 'a.b' }, ['name: Invalid value: "a.b": must not contain dots']],
    ['a name of other characters', { name: 'A' }, [`name: Invalid value: "A": ${LABEL_RULE}`]],
    ['no image', { image: '' }, ['image: Required value']],
    [
      'an unknown pull policy',
      { imagePullPolicy: 'Often' },
      ['imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never"'],
    ],
    ['no port', { ports: [{ containerPort: 0 }] }, ['ports[0].containerPort: Required value']],
    [
      'ports out of range and without a proper name or protocol',
      { ports: [{ containerPort: 70000, name: 'a--b', protocol: 'ICMP' }] },
      [
        'ports[0].name: Invalid value: "a--b": must not contain consecutive hyphens',
        'ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      'a port name twice',
      {
        ports: [
          { containerPort: 1, name: 'a' },
          { containerPort: 2, name: 'a' },
        ],
      },
      ['ports[1].name: Duplicate value: "a"'],
    ],
    [
      'variables without a name, with an impossible one, and with two values',
      {
        env: [
          { name: '' },
          { name: 'a=b' },
          { name: 'c', value: '1', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          { name: 'd', valueFrom: {} },
        ],
      },
      [
        'env[0].name: Required value',
        'env[1].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
        'env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        'env[3].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ],
    ],
    [
      'fields of the pod that there are not, or not for variables',
      {
        env: [
          { name: 'a', valueFrom: { fieldRef: { fieldPath: 'spec.what' } } },
          { name: 'b', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } },
          { name: 'c', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        ],
      },
      [
        'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.what": error converting fieldPath: field label not supported: spec.what',
        'env[1].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [
      'a source of variables that is none',
      { envFrom: [{}] },
      ['envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
    ],
    [
      'a volume that is not there',
      { volumeMounts: [{ name: 'v', mountPath: '' }] },
      ['volumeMounts[0].name: Not found: "v"', 'volumeMounts[0].mountPath: Required value'],
    ],
    [
      'probes of nothing, of two things, and of a negative number',
      {
        livenessProbe: {},
        readinessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } },
        startupProbe: { httpGet: { port: 'http' }, periodSeconds: -1, successThreshold: 2 },
      },
      [
        'livenessProbe: Required value: must specify a handler type',
        'readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
        'startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
        'startupProbe.successThreshold: Invalid value: 2: must be 1',
      ],
    ],
    [
      'a longer sleep than there is time',
      { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      [
        'lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
      ],
    ],
    [
      'more asked for than allowed',
      { resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '1500m', memory: '1024Mi' } } },
      ['resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1500m'],
    ],
    [
      'resources that there are not, half a device, and less than nothing',
      { resources: { limits: { what: '1', 'a.com/gpu': '500m', cpu: '-1' } } },
      [
        'resources.limits[what]: Invalid value: "what": must be a standard resource type or fully qualified',
        'resources.limits[what]: Invalid value: "what": must be a standard resource for containers',
        'resources.limits[a.com/gpu]: Invalid value: "500m": must be an integer',
        'resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      'a device without a limit',
      { resources: { requests: { 'a.com/gpu': '1' } } },
      ['resources.limits: Required value: Limit must be set for non overcommitable resources'],
    ],
    [
      'large pages alone, and not of their size',
      { resources: { limits: { 'hugepages-2Mi': '3Mi' } } },
      [
        'resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
        'resources: Forbidden: HugePages require cpu or memory',
      ],
    ],
    [
      'users that there cannot be',
      { securityContext: { runAsUser: -1, seccompProfile: { type: 'Localhost' } } },
      [
        'securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
        'securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
      ],
    ],
    [
      'a privileged container without privileges',
      { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      [
        'securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
  ])('%s', (_, fields, errors) => {
    expect(ofContainer(fields)).toEqual(errors.map((error) => `spec.containers[0].${error}`))
  })
})

describe('what is wrong with a pod', () => {
  it.each<[string, JsonObject, string[]]>([
    ['no containers', { containers: [] }, ['spec.containers: Required value']],
    [
      'a name twice',
      { containers: [CONTAINER, CONTAINER] },
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      'a name in both lists, and a probe that nobody waits for',
      { initContainers: [{ ...CONTAINER, livenessProbe: { tcpSocket: { port: 1 } } }] },
      [
        'spec.initContainers[0].name: Duplicate value: "c"',
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [
      'nothing in a sidecar with probes',
      {
        initContainers: [
          { ...CONTAINER, name: 's', restartPolicy: 'Always', livenessProbe: { tcpSocket: { port: 1 } } },
        ],
      },
      [],
    ],
    [
      'a host port twice',
      {
        containers: ['a', 'b'].map((name) => ({
          ...CONTAINER,
          name,
          ports: [{ containerPort: 1, hostPort: 2 }],
        })),
      },
      ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//2"'],
    ],
    [
      'a port that is not the host’s',
      { hostNetwork: true, containers: [{ ...CONTAINER, ports: [{ containerPort: 1, hostPort: 2 }] }] },
      [
        'spec.containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true',
      ],
    ],
    [
      'volumes of two kinds, without a name, and twice the same',
      {
        volumes: [
          { name: 'v', emptyDir: {}, hostPath: { path: '/a' } },
          { name: '' },
          { name: 'w', configMap: { name: 'm' } },
          { name: 'w', secret: { secretName: '' } },
        ],
      },
      [
        'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
        'spec.volumes[1].name: Required value',
        'spec.volumes[3].secret.secretName: Required value',
        'spec.volumes[3].name: Duplicate value: "w"',
      ],
    ],
    [
      'files that lead elsewhere',
      {
        volumes: [
          { name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: '../x' }], defaultMode: 512 } },
        ],
      },
      [
        'spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
        'spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\'',
      ],
    ],
    [
      'a token that ends at once, and a file from two sources',
      {
        volumes: [
          {
            name: 'v',
            projected: {
              sources: [
                { serviceAccountToken: { expirationSeconds: 1, path: 't' } },
                { secret: { name: 's', items: [{ key: 'k', path: 'f' }] } },
                { configMap: { name: 'm', items: [{ key: 'k', path: 'f' }] } },
              ],
            },
          },
        ],
      },
      [
        'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
        'spec.volumes[0].projected: Invalid value: "m": conflicting duplicate paths',
      ],
    ],
    [
      'policies that there are not',
      { restartPolicy: 'Sometimes', dnsPolicy: 'Mine' },
      [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        'spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      'no names, and no way to look them up',
      { dnsPolicy: 'None' },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'tolerations of nothing and of everything',
      {
        tolerations: [
          { operator: 'Equal' },
          { key: 'a', operator: 'Exists', value: 'b', tolerationSeconds: 1 },
          { key: 'a', effect: 'Never' },
        ],
      },
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        'spec.tolerations[1].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
        'spec.tolerations[1].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'',
        'spec.tolerations[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      'affinities to nothing',
      {
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 0, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
            ],
          },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      ],
    ],
    [
      'spreading over nothing, twice',
      {
        topologySpreadConstraints: [
          { maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 1 },
          { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway' },
        ],
      },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{a, ScheduleAnyway}"',
        'spec.topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
      ],
    ],
    [
      'a deadline before the beginning',
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      'an alias of no address',
      { hostAliases: [{ ip: '10.0.0.256', hostnames: ['h'] }] },
      [
        'spec.hostAliases[0].ip: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
  ])('%s', (_, spec, errors) => {
    expect(errorsOf(spec)).toEqual(errors)
  })

  it('asks less of a template, but has no containers put into it', () => {
    const spec = podSpecDefaults({
      hostNetwork: true,
      containers: [{ ...CONTAINER, image: ' i', ports: [{ containerPort: 1 }] }],
      ephemeralContainers: [{ name: 'e', image: 'i' }],
    })
    expect(podTemplateErrors({ metadata: { labels: { 'a b': 'c' } }, spec }, 't')).toMatchObject([
      { field: 't.labels' },
      { field: 't.spec.ephemeralContainers' },
    ])
  })

  it('takes names of an object’s prototype for ordinary ones', () => {
    const containers = [{ ...CONTAINER, volumeMounts: [{ name: 'constructor', mountPath: '/a' }] }]
    expect(errorsOf({ containers })).toEqual([
      'spec.containers[0].volumeMounts[0].name: Not found: "constructor"',
    ])
    const limits = JSON.parse('{"__proto__": "1"}')
    expect(ofContainer({ resources: { limits } })).toHaveLength(2)
  })
})
