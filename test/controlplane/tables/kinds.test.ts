import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { tableColumnsOf, tableOfList } from '../../../src/controlplane/tables/index.ts'
import { NOW, printed, secondsAgo } from './printed.ts'

const META = { name: 'x', creationTimestamp: secondsAgo(600) }
const DELETED = { ...META, deletionTimestamp: secondsAgo(1) }

function annotated(annotations: JsonObject): JsonObject {
  return { ...META, annotations }
}

type Case = [resource: string, object: JsonObject, row: Record<string, JsonValue>]

function service(type: string, spec: JsonObject = {}, ingress: readonly JsonObject[] = []): JsonObject {
  return { spec: { type, ...spec }, status: { loadBalancer: { ingress } } }
}

const NETWORK: Case[] = [
  [
    '/services',
    service('ClusterIP', { clusterIPs: ['10.9.8.7', 'fd00::1'] }),
    { 'Cluster-IP': '10.9.8.7', 'External-IP': '<none>', 'Port(s)': '<none>', Selector: '<none>' },
  ],
  [
    '/services',
    service('NodePort', { externalIPs: ['1.1.1.1', '2.2.2.2'] }),
    { 'External-IP': '1.1.1.1,2.2.2.2' },
  ],
  ['/services', service('LoadBalancer'), { 'Cluster-IP': '<none>', 'External-IP': '<pending>' }],
  [
    '/services',
    service('LoadBalancer', { externalIPs: ['9.9.9.9'] }, [
      { ip: '2.2.2.2' },
      { hostname: 'a-long-name.example.com' },
      { ip: '2.2.2.2' },
      {},
    ]),
    { 'External-IP': '2.2.2.2,a-long-name.example.com,9.9.9.9' },
  ],
  ['/services', service('ExternalName', { externalName: 'a.b' }), { 'External-IP': 'a.b' }],
  ['/services', service('Other'), { 'External-IP': '<unknown>' }],
  [
    '/services',
    service('NodePort', {
      ports: [
        { port: 80, nodePort: 30080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
      selector: { app: 'x' },
    }),
    { 'Port(s)': '80:30080/TCP,53/UDP', Selector: 'app=x' },
  ],
  ['/endpoints', {}, { Endpoints: '<none>' }],
  ['/endpoints', { subsets: [{ addresses: [{ ip: '1.1.1.1' }] }] }, { Endpoints: '1.1.1.1' }],
  ['/endpoints', { subsets: [{ ports: [{ port: 80 }] }] }, { Endpoints: '' }],
  [
    '/endpoints',
    {
      subsets: [{ addresses: [{ ip: '1.1.1.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }, { port: 443 }] }],
    },
    { Endpoints: '1.1.1.1:80,[fd00::1]:80,1.1.1.1:443 + 1 more...' },
  ],
  [
    'discovery.k8s.io/endpointslices',
    { addressType: 'IPv4' },
    { AddressType: 'IPv4', Ports: '<unset>', Endpoints: '<unset>' },
  ],
  [
    'discovery.k8s.io/endpointslices',
    {
      ports: [{ port: 80, name: 'http' }, { name: 'named' }, {}, { port: 1 }, { port: 2 }],
      endpoints: [{ addresses: ['1.1.1.1', '2.2.2.2'] }, { addresses: ['3.3.3.3'] }],
    },
    { Ports: '80,named,* + 2 more...', Endpoints: '1.1.1.1,2.2.2.2,3.3.3.3' },
  ],
  ['networking.k8s.io/ingresses', {}, { Class: '<none>', Hosts: '*', Address: '', Ports: '80', Age: '10m' }],
  [
    'networking.k8s.io/ingresses',
    {
      spec: {
        ingressClassName: 'c',
        tls: [{}],
        rules: [{ host: 'a' }, {}, { host: 'b' }, { host: 'c' }, { host: 'd' }],
      },
      status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: 'l' }, { ip: '1.1.1.1' }] } },
    },
    { Class: 'c', Hosts: 'a,b,c + 2 more...', Address: '1.1.1.1,2.2.2.2,l', Ports: '80, 443' },
  ],
  [
    'networking.k8s.io/ingresses',
    { spec: { rules: [{ host: 'a' }, { host: 'b' }, { host: 'c' }] } },
    { Hosts: 'a,b,c' },
  ],
  [
    'networking.k8s.io/ingressclasses',
    { spec: { controller: 'e.com/c' } },
    { Controller: 'e.com/c', Parameters: '<none>' },
  ],
  [
    'networking.k8s.io/ingressclasses',
    { spec: { parameters: { kind: 'K', name: 'n' } } },
    { Parameters: 'K/n' },
  ],
  [
    'networking.k8s.io/ingressclasses',
    { spec: { parameters: { apiGroup: 'g.io', kind: 'K', name: 'n' } } },
    { Parameters: 'K.g.io/n' },
  ],
  ['networking.k8s.io/networkpolicies', { spec: { podSelector: {} } }, { 'Pod-Selector': '<none>' }],
  [
    'networking.k8s.io/networkpolicies',
    { spec: { podSelector: { matchExpressions: [{ key: 'k', operator: 'NotIn', values: ['v'] }] } } },
    { 'Pod-Selector': 'k notin (v)' },
  ],
  [
    'networking.k8s.io/servicecidrs',
    { spec: { cidrs: ['10.1.0.0/16', 'fd00::/64'] } },
    { CIDRs: '10.1.0.0/16,fd00::/64' },
  ],
  ['networking.k8s.io/ipaddresses', {}, { ParentRef: '<none>' }],
  [
    'networking.k8s.io/ipaddresses',
    { spec: { parentRef: { resource: 'services', namespace: 'n', name: 's' } } },
    { ParentRef: 'services/n/s' },
  ],
  [
    'networking.k8s.io/ipaddresses',
    { spec: { parentRef: { group: 'mygroup', resource: 'myResource', name: 's' } } },
    { ParentRef: 'myresource.mygroup/s' },
  ],
]

function node(conditions: readonly JsonObject[], spec: JsonObject = {}): JsonObject {
  return { spec, status: { conditions } }
}

const CLUSTER: Case[] = [
  ['/nodes', node([{ type: 'Ready', status: 'True' }]), { Status: 'Ready', Roles: '<none>' }],
  ['/nodes', node([{ type: 'Ready', status: 'Unknown' }]), { Status: 'NotReady' }],
  ['/nodes', node([{ type: 'Other', status: 'True' }]), { Status: 'Unknown' }],
  [
    '/nodes',
    node([{ type: 'Ready', status: 'True' }], { unschedulable: true }),
    { Status: 'Ready,SchedulingDisabled' },
  ],
  [
    '/nodes',
    {
      metadata: {
        ...META,
        labels: {
          'node-role.kubernetes.io/worker': '',
          'node-role.kubernetes.io/': '',
          'kubernetes.io/role': 'master',
          other: 'x',
        },
      },
      status: {
        addresses: [
          { type: 'Hostname', address: 'h' },
          { type: 'InternalIP', address: '10.0.0.1' },
          { type: 'InternalIP', address: '10.0.0.2' },
        ],
        nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Debian' },
      },
    },
    {
      Roles: 'master,worker',
      Version: 'v1.36.0',
      'Internal-IP': '10.0.0.1',
      'External-IP': '<none>',
      'OS-Image': 'Debian',
      'Kernel-Version': '<unknown>',
      'Container-Runtime': '<unknown>',
    },
  ],
  ['/namespaces', { status: { phase: 'Active' } }, { Status: 'Active', Age: '10m' }],
  ['/serviceaccounts', { secrets: [{}, {}] }, { Secrets: 2 }],
  ['/configmaps', { data: { a: '' }, binaryData: { b: '', c: '' } }, { Data: 3 }],
  [
    '/resourcequotas',
    {
      status: {
        hard: { pods: '10', 'limits.cpu': '4', 'requests.cpu': '2', limits: '1' },
        used: { pods: '3', 'limits.cpu': '1' },
      },
    },
    { Request: 'limits: 0/1, pods: 3/10, requests.cpu: 0/2', Limit: 'limits.cpu: 1/4' },
  ],
  ['/componentstatuses', {}, { Status: 'Unknown', Message: '', Error: '' }],
  [
    '/componentstatuses',
    { conditions: [{ type: 'Healthy', status: 'False', message: 'm', error: 'e' }] },
    { Status: 'Unhealthy', Message: 'm', Error: 'e' },
  ],
  [
    'scheduling.k8s.io/priorityclasses',
    { value: 5, globalDefault: true, preemptionPolicy: 'Never' },
    { Value: 5, 'Global-Default': true, PreemptionPolicy: 'Never' },
  ],
  ['node.k8s.io/runtimeclasses', { handler: 'h' }, { Handler: 'h', Age: '10m' }],
  ['coordination.k8s.io/leases', {}, { Holder: '' }],
  [
    'apiregistration.k8s.io/apiservices',
    { status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] } },
    { Service: 'Local', Available: 'True' },
  ],
  [
    'apiregistration.k8s.io/apiservices',
    {
      spec: { service: { namespace: 'n', name: 's' } },
      status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] },
    },
    { Service: 'n/s', Available: 'False (MissingEndpoints)' },
  ],
  ['apiregistration.k8s.io/apiservices', {}, { Available: 'Unknown' }],
  [
    'flowcontrol.apiserver.k8s.io/flowschemas',
    { spec: { matchingPrecedence: 3, priorityLevelConfiguration: { name: 'p' } } },
    { PriorityLevel: 'p', MatchingPrecedence: 3, DistinguisherMethod: '<none>', MissingPL: '?' },
  ],
  [
    'flowcontrol.apiserver.k8s.io/flowschemas',
    {
      spec: { distinguisherMethod: { type: 'ByUser' } },
      status: { conditions: [{ type: 'Dangling', status: 'False' }] },
    },
    { DistinguisherMethod: 'ByUser', MissingPL: 'False' },
  ],
  [
    'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
    { spec: { type: 'Exempt' } },
    { Type: 'Exempt', NominalConcurrencyShares: '<none>', Queues: '<none>' },
  ],
  [
    'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
    {
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 47, limitResponse: { type: 'Reject' } } },
    },
    { NominalConcurrencyShares: 47, Queues: '<none>', HandSize: '<none>', QueueLengthLimit: '<none>' },
  ],
  [
    'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
    { spec: { limited: { limitResponse: { queuing: { queues: 8, handSize: 2, queueLengthLimit: 9 } } } } },
    { Queues: 8, HandSize: 2, QueueLengthLimit: 9 },
  ],
  ['resource.k8s.io/resourceclaims', {}, { State: 'pending' }],
  ['resource.k8s.io/resourceclaims', { metadata: DELETED }, { State: 'deleted' }],
  [
    'resource.k8s.io/resourceclaims',
    { metadata: DELETED, status: { allocation: {}, reservedFor: [{}] } },
    { State: 'deleted,allocated,reserved' },
  ],
  [
    'resource.k8s.io/resourceslices',
    { spec: { nodeName: 'n', driver: 'd', pool: { name: 'p' } } },
    { Node: 'n', Driver: 'd', Pool: 'p' },
  ],
  ['resource.k8s.io/deviceclasses', {}, { Name: 'x', Age: '10m' }],
]

const STORAGE: Case[] = [
  [
    '/persistentvolumes',
    {
      spec: {
        capacity: { storage: '4Gi' },
        accessModes: ['ReadWriteMany', 'ReadOnlyMany', 'ReadWriteMany'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'n', name: 'c' },
        storageClassName: 's',
        volumeAttributesClassName: 'v',
        volumeMode: 'Block',
      },
      status: { phase: 'Bound', reason: 'r' },
    },
    {
      Capacity: '4Gi',
      'Access Modes': 'ROX,RWX',
      'Reclaim Policy': 'Retain',
      Status: 'Bound',
      Claim: 'n/c',
      StorageClass: 's',
      VolumeAttributesClass: 'v',
      Reason: 'r',
      VolumeMode: 'Block',
    },
  ],
  [
    '/persistentvolumes',
    { metadata: DELETED },
    {
      Capacity: '0',
      Status: 'Terminating',
      Claim: '',
      VolumeAttributesClass: '<unset>',
      VolumeMode: '<unset>',
    },
  ],
  [
    '/persistentvolumeclaims',
    { spec: { resources: {} }, status: { phase: 'Pending', capacity: { storage: '1Gi' } } },
    { Status: 'Pending', Volume: '', Capacity: '', 'Access Modes': '' },
  ],
  [
    '/persistentvolumeclaims',
    {
      metadata: annotated({ 'volume.beta.kubernetes.io/storage-class': 'old' }),
      spec: { volumeName: 'v', storageClassName: 'new' },
      status: { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'], capacity: { storage: '4Gi' } },
    },
    { Volume: 'v', Capacity: '4Gi', 'Access Modes': 'RWO,RWOP', StorageClass: 'old' },
  ],
  [
    'storage.k8s.io/storageclasses',
    { provisioner: 'p' },
    {
      Name: 'x',
      Provisioner: 'p',
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
    },
  ],
  [
    'storage.k8s.io/storageclasses',
    {
      metadata: annotated({ 'storageclass.kubernetes.io/is-default-class': 'true' }),
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    },
    {
      Name: 'x (default)',
      ReclaimPolicy: 'Retain',
      VolumeBindingMode: 'WaitForFirstConsumer',
      AllowVolumeExpansion: true,
    },
  ],
  ['storage.k8s.io/volumeattributesclasses', { driverName: 'd' }, { Name: 'x', DriverName: 'd' }],
  [
    'storage.k8s.io/volumeattachments',
    {
      spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } },
      status: { attached: true },
    },
    { Attacher: 'a', PV: 'p', Node: 'n', Attached: true },
  ],
  ['storage.k8s.io/csinodes', { spec: { drivers: [{}, {}] } }, { Drivers: 2 }],
  [
    'storage.k8s.io/csidrivers',
    { spec: {} },
    {
      AttachRequired: true,
      PodInfoOnMount: false,
      StorageCapacity: false,
      TokenRequests: '<unset>',
      RequiresRepublish: false,
      Modes: '<none>',
    },
  ],
  [
    'storage.k8s.io/csidrivers',
    {
      spec: {
        attachRequired: false,
        podInfoOnMount: true,
        storageCapacity: true,
        tokenRequests: [{ audience: 'a' }, { audience: 'b' }],
        requiresRepublish: true,
        volumeLifecycleModes: ['Persistent', 'Ephemeral'],
      },
    },
    {
      AttachRequired: false,
      PodInfoOnMount: true,
      StorageCapacity: true,
      TokenRequests: 'a,b',
      RequiresRepublish: true,
      Modes: 'Persistent,Ephemeral',
    },
  ],
  [
    'storage.k8s.io/csistoragecapacities',
    { storageClassName: 's' },
    { StorageClassName: 's', Capacity: '<unset>' },
  ],
]

function request(types: readonly string[], certificate?: string): JsonObject {
  const conditions = types.map((type) => ({ type, status: 'True' }))
  return { status: { conditions, ...(certificate ? { certificate } : {}) } }
}

const CSRS = 'certificates.k8s.io/certificatesigningrequests'
const ADMISSION = 'admissionregistration.k8s.io'
const PARAM_SELECTOR = {
  matchLabels: { b: '2', a: '1' },
  matchExpressions: [{ key: 'k', operator: 'In', values: ['v', 'w'] }],
}

const ACCESS: Case[] = [
  [
    CSRS,
    request([]),
    { SignerName: '<none>', Requestor: '', RequestedDuration: '<none>', Condition: 'Pending' },
  ],
  [
    CSRS,
    { spec: { signerName: 's', username: 'u', expirationSeconds: 600 } },
    { SignerName: 's', Requestor: 'u', RequestedDuration: '10m' },
  ],
  [CSRS, request(['Approved'], 'Y2VydA=='), { Condition: 'Approved,Issued' }],
  [CSRS, request(['Approved', 'Failed']), { Condition: 'Approved,Failed' }],
  [CSRS, request(['Approved', 'Denied']), { Condition: 'Denied' }],
  [
    'rbac.authorization.k8s.io/rolebindings',
    {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', namespace: 'n', name: 's' },
        { kind: 'User', name: 'v' },
        { kind: 'Group', name: 'g' },
      ],
    },
    { Role: 'Role/r', Users: 'u, v', Groups: 'g', ServiceAccounts: 'n/s' },
  ],
  [
    'rbac.authorization.k8s.io/clusterrolebindings',
    { roleRef: { kind: 'ClusterRole', name: 'r' } },
    { Role: 'ClusterRole/r', Users: '', Groups: '', ServiceAccounts: '' },
  ],
  ['rbac.authorization.k8s.io/roles', { rules: [] }, { Name: 'x', 'Created At': META.creationTimestamp }],
  ['apiextensions.k8s.io/customresourcedefinitions', {}, { Name: 'x', 'Created At': META.creationTimestamp }],
  ['/limitranges', { metadata: { name: 'x' } }, { Name: 'x', 'Created At': '0001-01-01T00:00:00Z' }],
  [`${ADMISSION}/mutatingwebhookconfigurations`, { webhooks: [{}, {}] }, { Webhooks: 2 }],
  [`${ADMISSION}/validatingwebhookconfigurations`, {}, { Webhooks: 0 }],
  [
    `${ADMISSION}/validatingadmissionpolicies`,
    { spec: { validations: [{}], paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } },
    { Validations: 1, ParamKind: 'v1/ConfigMap' },
  ],
  [
    `${ADMISSION}/mutatingadmissionpolicies`,
    { spec: { mutations: [{}] } },
    { Mutations: 1, ParamKind: '<unset>' },
  ],
  [
    `${ADMISSION}/validatingadmissionpolicybindings`,
    { spec: { policyName: 'p' } },
    { PolicyName: 'p', ParamRef: '<unset>' },
  ],
  [
    `${ADMISSION}/validatingadmissionpolicybindings`,
    { spec: { paramRef: { name: 'n' } } },
    { ParamRef: '*/n' },
  ],
  [
    `${ADMISSION}/mutatingadmissionpolicybindings`,
    { spec: { paramRef: { namespace: 's', name: 'n' } } },
    { ParamRef: 's/n' },
  ],
  [
    `${ADMISSION}/mutatingadmissionpolicybindings`,
    { spec: { paramRef: { selector: PARAM_SELECTOR } } },
    {
      ParamRef:
        '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[v w],},},}',
    },
  ],
]

const SERIES = { count: 9, lastObservedTime: '2026-11-23T11:59:00.123456Z' }

const EVENTS: Case[] = [
  [
    '/events',
    {
      firstTimestamp: secondsAgo(900),
      lastTimestamp: secondsAgo(60),
      count: 6,
      type: 'Warning',
      reason: 'R',
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      source: { component: 'kubelet', host: 'n1' },
      message: ' M \n',
    },
    {
      'Last Seen': '60s',
      'First Seen': '15m',
      Count: 6,
      Object: 'pod/p',
      Subobject: 'spec.containers{c}',
      Source: 'kubelet, n1',
      Message: 'M',
      Type: 'Warning',
      Reason: 'R',
      Name: 'x',
    },
  ],
  [
    '/events',
    { eventTime: '2026-11-23T11:58:00.000000Z', reportingComponent: 'c', reportingInstance: 'i' },
    { 'Last Seen': '2m', 'First Seen': '2m', Count: 1, Object: '', Source: 'c, i' },
  ],
  [
    '/events',
    { lastTimestamp: null, series: SERIES, involvedObject: { kind: 'Node' } },
    { 'Last Seen': '59s', 'First Seen': '<unknown>', Count: 9, Object: 'node' },
  ],
  [
    'events.k8s.io/events',
    {
      deprecatedFirstTimestamp: secondsAgo(900),
      deprecatedLastTimestamp: secondsAgo(60),
      deprecatedCount: 6,
      regarding: { kind: 'Pod', name: 'p' },
      deprecatedSource: { component: 'kubelet' },
      reportingController: 'unused',
      note: 'N',
    },
    { 'Last Seen': '60s', 'First Seen': '15m', Count: 6, Object: 'pod/p', Source: 'kubelet', Message: 'N' },
  ],
]

describe('a row of', () => {
  it.each([...NETWORK, ...CLUSTER, ...STORAGE, ...ACCESS, ...EVENTS])('%s %#', (resource, object, row) => {
    const [group = '', name = ''] = resource.split('/')
    expect(printed(tableColumnsOf(group, name), { metadata: META, ...object })).toMatchObject(row)
  })
})

describe('a list of flow schemas', () => {
  it('is in the order in which they are tried', () => {
    const schema = (name: string, matchingPrecedence: number) => ({
      metadata: { name },
      spec: { matchingPrecedence },
    })
    const columns = tableColumnsOf('flowcontrol.apiserver.k8s.io', 'flowschemas')
    const table = tableOfList(columns, [schema('c', 2), schema('b', 1), schema('a', 2)], {}, NOW)
    const rows = table.rows as readonly { cells: JsonValue[] }[]
    expect(rows.map(({ cells }) => cells[0])).toEqual(['b', 'a', 'c'])
  })
})
