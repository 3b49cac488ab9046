import { describe, expect, it } from 'vitest'
import { printJson, printYaml } from '../../src/clusteradm/output/print-data.ts'
import { renderTable } from '../../src/clusteradm/output/table.ts'
import { listText, renderTree, treeNode } from '../../src/clusteradm/output/tree.ts'
import type { Terminal } from '../../src/clusteradm/terminal.ts'
import { podStatus } from '../../src/clusteradm/waiting/pod-status.ts'

describe('YAML', () => {
  // Ours was other than the original's in every object, and PyYAML read its times as dates.
  it('is what the original prints', () => {
    const metadata = { name: 'one', creationTimestamp: '2026-11-23T14:44:34Z', labels: { b: 'yes', a: 'y' } }
    const conditions = [{ type: 'Applied', status: 'True', message: '', mode: '0755' }]
    const objects = [{ kind: 'Thing', apiVersion: 'v1', metadata, status: { conditions } }, { kind: 'Other' }]
    const written: string[] = []
    const terminal = { writeOut: (text: string) => void written.push(text) } as Terminal
    printYaml({ terminal }, objects)
    expect(written.join('').split('\n')).toEqual([
      'apiVersion: v1',
      'kind: Thing',
      'metadata:',
      '  creationTimestamp: "2026-11-23T14:44:34Z"',
      '  labels:',
      '    a: "y"',
      '    b: "yes"',
      '  name: one',
      'status:',
      '  conditions:',
      '  - message: ""',
      '    mode: "0755"',
      '    status: "True"',
      '    type: Applied',
      '---',
      'kind: Other',
      '',
    ])
  })
})

it('prints integers to the last digit', () => {
  const written: string[] = []
  const terminal = { writeOut: (text: string) => void written.push(text) } as Terminal
  const object = { spec: { at: 1700000000123456789n, list: [1] } }
  printJson({ terminal }, object)
  printYaml({ terminal }, [object])
  expect(written).toEqual([
    '{\n  "spec": {\n    "at": 1700000000123456789,\n    "list": [\n      1\n    ]\n  }\n}\n',
    'spec:\n  at: 1700000000123456789\n  list:\n  - 1\n',
  ])
})

describe('a tree', () => {
  it('is drawn as the original draws it, in the order given', () => {
    const cluster = treeNode('cluster1', { Accepted: true, Capacity: { Cpu: '4', Memory: '8Gi' }, Last: '' })
    expect(renderTree({ name: 'ManagedCluster', children: [cluster, { name: 'cluster2' }] })).toBe(
      [
        '<ManagedCluster> ',
        '├── <cluster1> ',
        '│   ├── <Accepted> true',
        '│   ├── <Capacity> ',
        '│   │   ├── <Cpu> 4',
        '│   │   └── <Memory> 8Gi',
        '│   └── <Last> ',
        '└── <cluster2> ',
        '',
      ].join('\n'),
    )
  })

  it('keeps names with dots whole, and names that are dangerous', () => {
    const root = {
      name: 'Kinds',
      children: [
        { name: 'a.b.c', value: 1 },
        { name: '__proto__', value: 2 },
      ],
    }
    expect(renderTree(root)).toBe('<Kinds> \n├── <a.b.c> 1\n└── <__proto__> 2\n')
  })

  it('shows lists as Go does', () => {
    expect(listText(['a', 'b'])).toBe('[a b]')
    expect(listText([])).toBe('[]')
  })
})

describe('a table', () => {
  it('aligns its columns, and ends no line with spaces', () => {
    expect(
      renderTable(
        ['Name', 'Accepted'],
        [
          ['cluster-one', 'true'],
          ['c', ''],
        ],
      ),
    ).toBe('NAME          ACCEPTED\ncluster-one   true\nc\n')
  })
})

describe("a Pod's status", () => {
  const pod = (status: object) => ({ metadata: { name: 'p' }, spec: { containers: [] }, status }) as never
  const waiting = (reason: string, message?: string, more: object = {}) => ({
    phase: 'Pending',
    containerStatuses: [
      { name: 'main', state: { waiting: { reason, ...(message && { message }) } }, ...more },
    ],
  })

  it('is why its container does not run', () => {
    expect(podStatus(pod(waiting('ContainerCreating')))).toBe('ContainerCreating')
    expect(podStatus(pod(waiting('ImagePullBackOff', 'no such image')))).toBe(
      'ImagePullBackOff: no such image',
    )
    const crashed = waiting('CrashLoopBackOff', undefined, { lastState: { terminated: { exitCode: 3 } } })
    expect(podStatus(pod(crashed))).toBe('CrashLoopBackOff: container main ended with status 3')
  })

  it('is why it is not scheduled, or its phase', () => {
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no nodes' }
    expect(podStatus(pod({ phase: 'Pending', conditions: [condition] }))).toBe('Unschedulable: no nodes')
    expect(podStatus(pod({ phase: 'Pending' }))).toBe('Pending')
    expect(podStatus(pod({ phase: 'Running' }))).toBe('Running, not ready yet')
  })
})
