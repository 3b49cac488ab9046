import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/common/json.ts'
import { removeByPointer } from '../../../src/work/agent/apply/json-pointer.ts'
import { mergeTexts } from '../../../src/work/agent/apply/merge-metadata.ts'
import { serviceSpecHash } from '../../../src/work/agent/apply/service-spec-hash.ts'
import { updateOf } from '../../../src/work/agent/apply/updated-object.ts'
import { applyRank, byApplyOrder } from '../../../src/work/agent/apply-order.ts'
import { manifestConfigOf, wildcardMatches } from '../../../src/work/agent/manifest-config.ts'
import type { ManifestObject } from '../../../src/work/agent/manifest-object.ts'
import { goesWithWork, mergeOwner, removalOf } from '../../../src/work/agent/ownership.ts'
import { aggregateConditions } from '../../../src/work/agent/status/aggregate-conditions.ts'
import { mergeManifestConditions } from '../../../src/work/agent/status/merge-conditions.ts'

const OWNER = {
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'AppliedManifestWork',
  name: 'w',
  uid: 'u',
}

describe('the order of application', () => {
  it('is that of the kinds, and else that of the manifests', () => {
    const kinds = ['Widget', 'Deployment', 'Service', 'ConfigMap', 'Role', 'Namespace', 'Secret', 'Gadget']
    expect(byApplyOrder(kinds, (kind) => kind)).toEqual([
      ['Namespace'],
      ['Role'],
      ['ConfigMap', 'Secret'],
      ['Service'],
      ['Deployment'],
      ['Widget', 'Gadget'],
    ])
  })

  it.each([
    ['CustomResourceDefinition', 0],
    ['ClusterRoleBinding', 1],
    ['ServiceAccount', 2],
    ['PersistentVolumeClaim', 3],
    ['CronJob', 5],
    ['APIService', 6],
    [undefined, 7],
  ])('puts %s at %i', (kind, rank) => expect(applyRank(kind)).toBe(rank))
})

describe('configurations of manifests', () => {
  const meta = { ordinal: 0, group: 'apps', resource: 'deployments', namespace: 'n', name: 'web-1' }
  const option = (name: string, more: object) => ({
    resourceIdentifier: { group: 'apps', resource: 'deployments', namespace: '*', name },
    ...more,
  })

  it('count field by field, the first first', () => {
    const rules = (condition: string) => ({ conditionRules: [{ condition, type: 'CEL' as const }] })
    const found = manifestConfigOf(meta, [
      option('other', { updateStrategy: { type: 'ReadOnly' } }),
      option('web-*', rules('One')),
      option('*', { ...rules('Two'), updateStrategy: { type: 'CreateOnly' }, feedbackScrapeType: 'Watch' }),
    ])
    expect(found).toMatchObject({
      conditionRules: [{ condition: 'One' }],
      updateStrategy: { type: 'CreateOnly' },
      feedbackScrapeType: 'Watch',
    })
  })

  it('match texts as their pattern would as a regular expression', () => {
    const part = fc.stringMatching(/^[ab*]{0,6}$/)
    fc.assert(
      fc.property(fc.stringMatching(/^[ab]{0,8}$/), part, (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
        expect(wildcardMatches(text, pattern)).toBe(expression.test(text))
      }),
    )
  })
})

describe('owners', () => {
  it('are added, brought up to date and removed by name', () => {
    const other = { ...OWNER, name: 'x' }
    expect(mergeOwner([other], OWNER)).toEqual([other, OWNER])
    expect(mergeOwner([{ ...OWNER, uid: 'old' }], OWNER)).toEqual([OWNER])
    expect(mergeOwner([other, OWNER], removalOf(OWNER))).toEqual([other])
    const same = [OWNER]
    expect(mergeOwner(same, OWNER)).toBe(same)
    expect(mergeOwner(same, removalOf(other))).toBe(same)
  })

  it.each([
    [undefined, true],
    [{ propagationPolicy: 'Foreground' }, true],
    [{ propagationPolicy: 'Orphan' }, false],
    [{ propagationPolicy: 'SelectivelyOrphan' }, true],
    [orphaning({ group: 'apps', resource: 'deployments', namespace: 'n', name: 'd' }), false],
    [orphaning({ group: '', resource: 'deployments', namespace: 'n', name: 'd' }), true],
    [orphaning({ group: 'apps', resource: 'deployments', namespace: 'm', name: 'd' }), true],
    [orphaning({ group: 'apps', resource: 'deployments', namespace: 'n', name: '*' }), true],
  ] as const)('keep an object under %j: %s', (option, goes) => {
    const meta = { ordinal: 0, group: 'apps', resource: 'deployments', namespace: 'n', name: 'd' }
    expect(goesWithWork(meta, option as never)).toBe(goes)
  })

  function orphaning(rule: object) {
    return { propagationPolicy: 'SelectivelyOrphan', selectivelyOrphans: { orphaningRules: [rule] } }
  }
})

describe('labels and annotations', () => {
  it('are merged, and taken away by keys that end in a hyphen', () => {
    expect(mergeTexts({ a: '1', b: '1' }, { b: '2', 'a-': '', c: '3' })).toEqual({ b: '2', c: '3' })
    const existing = { a: '1' }
    expect(mergeTexts(existing, { a: '1', 'b-': '' })).toBe(existing)
    const hyphens = '-'.repeat(400_000)
    expect(mergeTexts(existing, { [`a${hyphens}`]: '', [`${hyphens}z`]: '1' })).toEqual({
      [`${hyphens}z`]: '1',
    })
  })
})

describe('the strategy Update', () => {
  const object = (
    apiVersion: string,
    kind: string,
    fields: object,
    metadata: object = {},
  ): ManifestObject => ({
    apiVersion,
    kind,
    metadata: { name: 'o', ...metadata },
    ...fields,
  })
  const owned = { ownerReferences: [OWNER], resourceVersion: '1', uid: 'x' }
  const kindOf = (apiVersion: string, kind: string, before: object, wanted: object) =>
    updateOf(object(apiVersion, kind, before, owned), object(apiVersion, kind, wanted), OWNER).kind

  it.each<[string, string, object, object, string]>([
    ['v1', 'Namespace', { spec: { finalizers: ['kubernetes'] } }, {}, 'none'],
    ['v1', 'ConfigMap', { data: { a: '1' } }, { data: { a: '1' } }, 'none'],
    ['v1', 'ConfigMap', { data: { a: '1', b: '1' } }, { data: { a: '1' } }, 'update'],
    ['v1', 'ConfigMap', {}, { data: {} }, 'none'],
    ['v1', 'Secret', { type: 'Opaque', data: { a: 'MQ==' } }, { stringData: { a: '1' } }, 'none'],
    ['v1', 'Secret', { type: 'Opaque', data: {} }, { type: 'example.com/t', data: {} }, 'recreate'],
    ['v1', 'ServiceAccount', { secrets: [{ name: 's' }] }, { secrets: [] }, 'none'],
    ['rbac.authorization.k8s.io/v1', 'Role', { rules: [] }, {}, 'none'],
    ['rbac.authorization.k8s.io/v1', 'Role', { rules: [{ verbs: ['get'] }] }, { rules: [] }, 'update'],
    [
      'rbac.authorization.k8s.io/v1',
      'ClusterRole',
      { aggregationRule: { a: 1 }, rules: [{ verbs: ['get'] }] },
      { aggregationRule: { a: 1 } },
      'none',
    ],
    [
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      {
        subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
        roleRef: { kind: 'Role', name: 'r', apiGroup: 'rbac.authorization.k8s.io' },
      },
      { subjects: [{ kind: 'User', name: 'u' }], roleRef: { kind: 'Role', name: 'r' } },
      'none',
    ],
    [
      'networking.k8s.io/v1',
      'NetworkPolicy',
      { spec: { ingress: [{ from: [{ namespaceSelector: {} }] }] } },
      { spec: { ingress: [{ from: [{}] }] } },
      'update',
    ],
    ['storage.k8s.io/v1', 'StorageClass', { provisioner: 'a' }, { provisioner: 'b' }, 'recreate'],
    ['apps/v1', 'Deployment', { spec: { replicas: 1, a: 2 } }, { spec: { replicas: 1 } }, 'update'],
    ['example.com/v1', 'Widget', { spec: { a: 1 }, status: { b: 1 } }, { spec: { a: 1 } }, 'none'],
  ])('of %s %s from %j to %j is %s', (apiVersion, kind, before, wanted, outcome) => {
    expect(kindOf(apiVersion, kind, before, wanted)).toBe(outcome)
  })

  it('leaves a claim to its volume, and a Job to its Pods', () => {
    const bound = {
      resources: 'more',
      volumeName: 'v',
      storageClassName: 'standard',
      volumeMode: 'Filesystem',
    }
    const claim = (spec: object) => object('v1', 'PersistentVolumeClaim', { spec }, owned)
    expect(updateOf(claim(bound), claim({ resources: 'more' }), OWNER)).toEqual({ kind: 'none' })
    expect(updateOf(claim(bound), claim({ resources: 'less', volumeName: 'w' }), OWNER)).toMatchObject({
      object: { spec: { ...bound, resources: 'less', volumeName: 'w' } },
    })

    const labels = { 'batch.kubernetes.io/controller-uid': 'u', 'controller-uid': 'u', 'job-name': 'o' }
    const job = (spec: object) => object('batch/v1', 'Job', { spec }, owned)
    const template = (metadata: object) => ({ template: { metadata, spec: { containers: [] } } })
    const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } }
    const running = job({ selector, ...template({ labels: { ...labels, theirs: '1' } }) })
    expect(updateOf(running, job(template({ labels: { app: 'a' } })), OWNER)).toMatchObject({
      object: { spec: { selector, ...template({ labels: { ...labels, app: 'a' } }) } },
    })
    const manual = { manualSelector: true, selector: { matchLabels: { app: 'a' } }, ...template({}) }
    expect(updateOf(running, job(manual), OWNER)).toMatchObject({ object: { spec: manual } })
  })

  it('does nothing about what it has made', () => {
    const texts = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string(), { maxKeys: 4 })
    fc.assert(
      fc.property(texts, texts, texts, texts, (data, labels, otherData, otherLabels) => {
        const manifest = object('v1', 'ConfigMap', { data }, { labels })
        const change = updateOf(
          object('v1', 'ConfigMap', { data: otherData }, { labels: otherLabels }),
          manifest,
          OWNER,
        )
        if (change.kind !== 'update') throw new Error('the owner is new')
        expect(change.object.metadata.labels).toEqual({ ...otherLabels, ...labels })
        expect(updateOf(change.object, manifest, OWNER)).toEqual({ kind: 'none' })
      }),
    )
  })

  it('refuses a Secret that says two things', () => {
    const wanted = object('v1', 'Secret', { data: { a: 'MQ==' }, stringData: { a: '2' } })
    expect(() => updateOf(object('v1', 'Secret', {}, owned), wanted, OWNER)).toThrow(
      'Secret.stringData["a"] conflicts with Secret.data["a"]',
    )
  })

  it("hashes a Service's spec as Go writes it", () => {
    const spec = {
      type: 'ClusterIP',
      ports: [{ targetPort: 8080, port: 80, name: 'http' }],
      selector: { a: 'b' },
    }
    // sha256 of `{"ports":[{"name":"http","port":80,"targetPort":8080}],"selector":{"a":"b"},"type":"ClusterIP"}`
    expect(serviceSpecHash(spec)).toBe('8c2bad6251a228eeaaa49c38c099559cccbdeaceb6dfe37bb46ad148a05360fa')
  })
})

describe('JSON pointers', () => {
  it('remove what they name', () => {
    const removed = (object: JsonObject, pointer: string) => {
      removeByPointer(object, pointer)
      return object
    }
    expect(removed({ a: [{ 'b/c': 1, d: 2 }] }, '/a/0/b~1c')).toEqual({ a: [{ d: 2 }] })
    expect(removed({ a: [1, 2] }, '/a/-1')).toEqual({ a: [1] })
    expect(removed({ a: 1 }, '/b/c')).toEqual({ a: 1 })
    expect(removed({ a: 1 }, '/constructor/prototype/x')).toEqual({ a: 1 })
    expect(removed({ a: 1 }, '')).toEqual({ a: 1 })
    expect(() => removed({ a: [1] }, '/a/7')).toThrow("for path: '/a/7': unable to access invalid index: 7")
    expect(() => removed({ a: [1] }, '/a/x')).toThrow('strconv.Atoi: parsing "x": invalid syntax')
  })
})

describe('conditions of manifests', () => {
  const now = Date.parse('2026-01-02T00:00:00Z')
  const applied = (generation: number) =>
    ({ type: 'Applied', status: 'True', reason: 'r', message: '', observedGeneration: generation }) as const
  const known = (ordinal: number, name: string) => ({
    resourceMeta: { ordinal, kind: 'ConfigMap', name },
    statusFeedback: { values: [] },
    conditions: [{ ...applied(1), lastTransitionTime: '2026-01-01T00:00:00Z' }],
  })

  it('are found again though manifests have moved, and begin anew with a generation', () => {
    const merged = (generation: number) =>
      mergeManifestConditions(
        [known(0, 'a'), known(1, 'b')],
        [
          { resourceMeta: { ordinal: 0, kind: 'ConfigMap', name: 'b' }, conditions: [applied(generation)] },
          { resourceMeta: { ordinal: 1, kind: 'ConfigMap', name: 'c' }, conditions: [applied(generation)] },
        ],
        now,
      ).map(({ conditions }) => conditions[0]?.lastTransitionTime)
    expect(merged(1)).toEqual(['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'])
    expect(merged(2)).toEqual(['2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z'])
  })

  it.each([
    ['Complete', ['True', 'True'], 'True'],
    ['Complete', ['True', 'Unknown'], 'Unknown'],
    ['Complete', ['Unknown', 'False'], 'False'],
    ['Progressing', ['False', 'True'], 'True'],
    ['Progressing', ['False', 'Unknown'], 'Unknown'],
    ['Progressing', ['False', 'False'], 'False'],
  ] as const)('of rules for %s are %j together %s', (type, statuses, status) => {
    const manifests = statuses.map((each, ordinal) => ({
      resourceMeta: { ordinal },
      conditions: [
        { type, status: each, reason: 'ConditionRuleEvaluated', message: 'm', lastTransitionTime: '' },
      ],
    }))
    expect(aggregateConditions(manifests, 3)).toMatchObject([
      { type: 'Available', status: 'Unknown', message: 'cannot get any available resource ' },
      { type, status, reason: 'ConditionRulesAggregated', message: 'Aggregated from 2 manifest conditions' },
    ])
  })
})
