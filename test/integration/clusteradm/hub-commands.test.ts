import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusteradm } from '../../support/clusteradm.ts'
import { HubBench } from './hub-bench.ts'

const CLUSTER_API = '/apis/cluster.open-cluster-management.io'
const WORKS = '/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks'
const SET = 'cluster.open-cluster-management.io/clusterset'

let bench: HubBench

beforeAll(async () => {
  bench = await HubBench.start()
  await bench.installHubCrds()
  for (const name of ['c2', 'c1']) {
    await bench.createCluster(name, { hubAcceptsClient: name === 'c1' })
    await bench.createNamespace(name)
  }
  await bench.setStatus(`${CLUSTER_API}/v1/managedclusters/c1`, {
    conditions: [
      {
        type: 'ManagedClusterConditionAvailable',
        status: 'True',
        reason: 'ManagedClusterAvailable',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
    version: { kubernetes: 'v1.35.0' },
    capacity: { cpu: '4', memory: '8Gi' },
  })
})

afterAll(() => bench.close())

const out = async (line: string) => {
  const result = await bench.run(line)
  expect({ line, status: result.status, err: result.err }).toEqual({ line, status: 0, err: '' })
  return result.out
}

describe('clusters', () => {
  it('are shown as a tree in a stable order', async () => {
    expect(await out('get clusters')).toBe(
      [
        '<ManagedCluster> ',
        '├── <c1> ',
        '│   ├── <Accepted> true',
        '│   ├── <Available> True',
        '│   ├── <ClusterSet> ',
        '│   ├── <KubernetesVersion> v1.35.0',
        '│   └── <Capacity> ',
        '│       ├── <Cpu> 4',
        '│       └── <Memory> 8Gi',
        '└── <c2> ',
        '    ├── <Accepted> false',
        '    ├── <Available> ',
        '    ├── <ClusterSet> ',
        '    ├── <KubernetesVersion> ',
        '    └── <Capacity> ',
        '        ├── <Cpu> ',
        '        └── <Memory> ',
        '',
      ].join('\n'),
    )
  })

  it('are shown in every other format, and in no format that there is not', async () => {
    expect(await out('get clusters -o table')).toMatch(
      /^NAME {3}ACCEPTED {3}AVAILABLE {3}CLUSTERSET {3}CPU {3}MEMORY {3}KUBERNETES VERSION\nc1 {5}true/,
    )
    expect(await out('get clusters -o wide')).toContain('REASON')
    expect(await out('get clusters -o name')).toBe('c1\nc2\n')
    expect(await out('get clusters -o yaml')).toContain('kind: ManagedCluster\n')
    const list = JSON.parse(await out('get clusters -o json'))
    expect(list.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c1', 'c2'])
    expect((await bench.run('get clusters -o xml')).err).toContain('Error: invalid output format')
  })

  it('are completed by name', async () => {
    const env = { KUBECONFIG: bench.recorded }
    const offered = await clusteradm(['__complete', '--no-descriptions', 'accept', '--clusters', 'c2,'], {
      env,
    })
    expect(offered.out).toBe('c2,c1\nc2,c2\n')
    const asBashBreaksIt = ['__complete', '--no-descriptions', 'accept', '--clusters', '=', 'c']
    expect((await clusteradm(asBashBreaksIt, { env })).out).toBe('c1\nc2\n')
  })
})

describe('cluster sets', () => {
  it('are made, filled, bound, shown, unbound and deleted', async () => {
    expect(await out('create clusterset s1')).toBe('Clusterset s1 is created\n')
    expect(await out('create clusterset s1')).toBe('Clusterset s1 is already created\n')
    expect(await out('clusterset set s1 --clusters c1')).toBe('Cluster c1 is set to Clusterset s1\n')
    expect(await out('clusterset set s1 --clusters c1')).toBe('Cluster c1 is already in Clusterset s1\n')
    expect(await out('clusterset bind s1 --namespace default')).toBe(
      'Clusterset s1 is bound to Namespace default\n',
    )
    expect(await out('clusterset bind s1')).toBe('Clusterset s1 is already bound to Namespace default\n')
    expect(await out('clusterset set s1 --namespaces team-a,team-a')).toContain(
      'Added 1 managed namespace(s): team-a\nTotal managed namespaces in clusterset: 1\n',
    )
    expect(await out('get clustersets')).toBe(
      [
        '<ManagedClusterSet> ',
        '└── <s1> ',
        '    ├── <BoundNamespace> default',
        '    ├── <Clusters> [c1]',
        '    ├── <ManagedNamespaces> [team-a]',
        '    └── <Status> ',
        '',
      ].join('\n'),
    )
    expect(await out('get clusters --clusterset s1 -o name')).toBe('c1\n')
    expect(await out('delete clusterset s1')).toBe(
      'Clusterset s1 still bind to a namespace! Please unbind before deleted.\n',
    )
    expect(await out('clusterset unbind s1')).toBe('Clusterset s1 is unbind from namespace default\n')
    const deleted = await bench.run('delete clusterset s1')
    expect(deleted.out).toBe('Clusterset s1 is deleted\n')
    expect(await out('delete clusterset s1')).toBe('Clusterset s1 not found or is already deleted\n')
    expect(await out('delete clusterset default')).toBe('Clusterset default can not be deleted\n')
    const { json } = await bench.controlPlane.admin.get(`${CLUSTER_API}/v1/managedclusters/c1`)
    expect(json.metadata.labels[SET]).toBe('s1')
  })

  it('stay as they are in a dry run', async () => {
    const lines = ['create clusterset dry', 'clusterset set dry --clusters c2', 'delete clusterset dry']
    for (const line of lines) await bench.run(`${line} --dry-run`)
    expect((await bench.controlPlane.admin.get(`${CLUSTER_API}/v1beta2/managedclustersets/dry`)).status).toBe(
      404,
    )
    const { json } = await bench.controlPlane.admin.get(`${CLUSTER_API}/v1/managedclusters/c2`)
    expect(json.metadata.labels?.[SET]).toBeUndefined()
  })
})

describe('works', () => {
  it('are made of files, changed when that is asked for, shown, and deleted', async () => {
    const file = await bench.workspace.write(
      'work.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n---\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n',
    )
    await bench.run(`create work w1 -f ${file} --clusters c1 --dry-run`)
    expect((await bench.controlPlane.admin.get(`${WORKS}/w1`)).status).toBe(404)
    expect(await out(`create work w1 -f ${file} --clusters c1`)).toBe('create work w1 in cluster c1\n')
    expect(await out(`create work w1 -f ${file} --clusters c1`)).toBe(
      'work w1 in cluster c1 already exists\n',
    )
    expect(await out(`create work w1 -f ${file} -c c1 --overwrite`)).toBe('update work w1 in cluster c1\n')
    await bench.setStatus(`${WORKS}/w1`, {
      conditions: [
        {
          type: 'Applied',
          status: 'True',
          reason: 'r',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
      resourceStatus: {
        manifests: [
          {
            resourceMeta: {
              ordinal: 0,
              group: '',
              version: 'v1',
              kind: 'ConfigMap',
              resource: 'configmaps',
              name: 'a',
              namespace: 'default',
            },
            conditions: [
              {
                type: 'Applied',
                status: 'True',
                reason: 'r',
                message: '',
                lastTransitionTime: '2026-01-01T00:00:00Z',
              },
            ],
          },
        ],
      },
    })
    expect(await out('get works --clusters c1')).toBe(
      [
        '<ManifestWork> ',
        '└── <c1> ',
        '    └── <w1> ',
        '        ├── <Number of Manifests> 2',
        '        ├── <Applied> True',
        '        ├── <Available> ',
        '        └── <Resources> ',
        '            └── <configmaps> ',
        '                └── <default/a> applied',
        '',
      ].join('\n'),
    )
    expect(await out('get works w1 -c c1 -o table')).toContain('w1     c1        2')
    await bench.controlPlane.admin.patch(`${WORKS}/w1`, { metadata: { finalizers: ['a.example/held'] } })
    const held = await bench.run('delete work w1 --clusters c1,c9 --timeout 1')
    expect(held.err).toContain('held by a.example/held')
    expect(held.out).toBe('work w1 not found or is already deleted\n') // of the other cluster
    expect((await bench.run('delete work w1 --clusters c1 --force')).out).toBe(
      'work w1 in cluster c1 is deleted\n',
    )
    expect(await out('delete work w1 --clusters c1')).toBe('work w1 not found or is already deleted\n')
  })

  it('follow a placement', async () => {
    const file = await bench.workspace.write(
      'w2.json',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}',
    )
    const placements = `${CLUSTER_API}/v1beta1/namespaces/default`
    const type = { apiVersion: 'cluster.open-cluster-management.io/v1beta1' }
    await bench.create(`${placements}/placements`, {
      ...type,
      kind: 'Placement',
      metadata: { name: 'p' },
      spec: {},
    })
    await bench.create(`${placements}/placementdecisions`, {
      ...type,
      kind: 'PlacementDecision',
      metadata: { name: 'p-1', labels: { 'cluster.open-cluster-management.io/placement': 'p' } },
    })
    await bench.setStatus(`${placements}/placementdecisions/p-1`, {
      decisions: [{ clusterName: 'c2', reason: '' }],
    })
    await out(`create work w2 -f ${file} --clusters c1`)
    expect(await out(`create work w2 -f ${file} --placement default/p --overwrite`)).toBe(
      'delete work w2 in cluster c1\ncreate work w2 in cluster c2\n',
    )
    expect(await out(`create work w3 -f ${file} --placement default/p -r`)).toBe(
      'create manifestworkreplicaset w3 in namespace default\n',
    )
    expect(await out('get placements -o table')).toBe(
      'NAME   STATUS   REASON   SELETEDCLUSTERS\np                        [c2]\n',
    )
    expect(await out('get placements p -n default')).toContain('└── <PlacementDecision> [c2]')
  })
})

describe('what the hub consists of', () => {
  it('is shown as far as it is there', async () => {
    expect(await out('get hub-info')).toBe('Registration Operator:\t<none>\nComponents:\t<uninstalled>\n')
    await bench.run('init')
    expect(await out('get hub-info')).toBe(
      [
        'Registration Operator:',
        '  Controller:\t(0/1) quay.io/open-cluster-management/registration-operator:v1.3.1',
        '  CustomResourceDefinition:',
        '    (installed) clustermanagers.operator.open-cluster-management.io [*v1]',
        'Components:',
        '  AddOn Manager:',
        '  Registration:',
        '  Work:',
        '  Placement:',
        '  CustomResourceDefinition:',
        '',
      ].join('\n'),
    )
    expect(JSON.parse(await out('get hub-info -o json'))).toHaveProperty(
      'registrationOperator.controller.expected',
      1,
    )
  })

  it('is shown of a klusterlet, too', async () => {
    expect((await bench.run('get klusterlet-info')).err).toContain(
      'Error: managed cluster oriented command should not running against non-managed cluster',
    )
    await bench.installSpokeCrds()
    expect(await out('get klusterlet-info')).toBe(
      "No klusterlet detected! Please make sure you're using the correct context!\n",
    )
    const klusterlets = '/apis/operator.open-cluster-management.io/v1/klusterlets'
    await bench.create(klusterlets, {
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'Klusterlet',
      metadata: { name: 'klusterlet' },
      spec: { clusterName: 'c1' },
    })
    const condition = {
      type: 'Applied',
      status: 'True',
      reason: 'KlusterletApplied',
      message: 'all of it',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    await bench.setStatus(`${klusterlets}/klusterlet`, { conditions: [condition] })
    expect(await out('get klusterlet-info')).toContain(
      [
        'Klusterlet Conditions:',
        '  Type:\t\t\tApplied',
        '  Status:\t\tTrue',
        '  LastTransitionTime:\t2026-01-01 00:00:00 +0000 UTC',
        '  Reason:\t\tKlusterletApplied',
        '  Message:\t\tall of it',
        '',
        'Registration Operator:\t<none>',
        'Components:',
      ].join('\n'),
    )
  })
})
