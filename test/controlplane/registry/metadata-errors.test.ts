import { describe, expect, it } from 'vitest'
import type { FieldError } from '../../../src/controlplane/api/field-error.ts'
import {
  type KubeObject,
  labelProblems,
  type ResourceType,
  subdomainProblems,
} from '../../../src/controlplane/registry/index.ts'
import { metadataErrors, metadataUpdateErrors } from '../../../src/controlplane/registry/metadata-errors.ts'

const TYPE = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
  strategy: { validateName: subdomainProblems } as unknown as ResourceType['strategy'],
} satisfies ResourceType

function configMap(metadata: object): KubeObject {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'rec', ...metadata } }
}

const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '1' }
const shown = ({ field, message }: FieldError) => `${field}: ${message}`
const QUALIFIED = /name part must consist of alphanumeric characters/

describe('the metadata of a new object', () => {
  it.each<[string, object]>([
    ['labels', { labels: { 'example.com/a': 'b', c: '' } }],
    ['annotations, whatever the case of their keys', { annotations: { 'Example.COM/a': 'ä b' } }],
    ['the most of annotations', { annotations: { a: 'x'.repeat(256 * 1024 - 1) } }],
    ['owners', { ownerReferences: [owner, { ...owner, apiVersion: 'apps/v1', controller: true }] }],
    ['finalizers', { finalizers: ['example.com/f', 'orphan'] }],
    ['a prefix for its name', { generateName: 'web-' }],
    ['managers', { managedFields: [{ manager: 'ü 1', operation: 'Apply', fieldsType: 'FieldsV1' }] }],
  ])('has %s', (_, metadata) => {
    expect(metadataErrors(TYPE, configMap(metadata))).toEqual([])
  })

  it.each<[object, string | RegExp]>([
    [{ name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [
      { generateName: 'Web-' },
      /^metadata.generateName: Invalid value: "Web-": a lowercase RFC 1123 subdomain/,
    ],
    [{ namespace: '' }, 'metadata.namespace: Required value'],
    [{ namespace: 'a.b' }, 'metadata.namespace: Invalid value: "a.b": must not contain dots'],
    [{ labels: { 'a b': 'c' } }, QUALIFIED],
    [{ labels: { a: '-' } }, /^metadata.labels: Invalid value: "-": a valid label must be an empty string/],
    [{ annotations: { 'a b': '' } }, QUALIFIED],
    [
      { annotations: { a: 'x'.repeat(256 * 1024) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [{ finalizers: ['a b'] }, QUALIFIED],
    [
      { finalizers: ['orphan', 'foregroundDeletion'] },
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
    [
      { ownerReferences: [{ ...owner, uid: '' }] },
      'metadata.ownerReferences[0].uid: Required value: must not be empty',
    ],
    [
      { ownerReferences: [{ ...owner, apiVersion: 'a/b/c' }] },
      'metadata.ownerReferences[0].apiVersion: Invalid value: "a/b/c": must be <group>/<version> or <version>',
    ],
    [
      { ownerReferences: [{ ...owner, apiVersion: 'a/' }] },
      'metadata.ownerReferences[0].apiVersion: Invalid value: "a/": must be <group>/<version> or <version>',
    ],
    [
      { ownerReferences: [{ ...owner, kind: 'Event' }] },
      /^metadata.ownerReferences\[0\]: .*: \/v1, Kind=Event is disallowed from being an owner$/,
    ],
    [
      {
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, name: 'q', controller: true },
        ],
      },
      /: Only one reference can have Controller set to true. Found "true" in references for Pod\/p and Pod\/q$/,
    ],
    [{ managedFields: [{}] }, 'metadata.managedFields[0].operation: Required value: must not be empty'],
    [
      { managedFields: [{ operation: 'Create' }] },
      'metadata.managedFields[0].operation: Unsupported value: "Create": supported values: "Apply", "Update"',
    ],
    [
      { managedFields: [{ operation: 'Apply', fieldsType: 'V2' }] },
      'metadata.managedFields[0].fieldsType: Invalid value: "V2": must be `FieldsV1`',
    ],
    [
      { managedFields: [{ operation: 'Apply', manager: 'ü\u0007' }] },
      /invalid character U\+0007 \(at position 2\)$/,
    ],
    [
      { managedFields: [{ operation: 'Apply', manager: 'm'.repeat(129) }] },
      'metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
    ],
  ])('is not %j', (metadata, error) => {
    const errors = metadataErrors(TYPE, configMap(metadata)).map(shown)
    expect(errors).toEqual([typeof error === 'string' ? error : expect.stringMatching(error)])
  })

  it('is checked in the order of the original', () => {
    const object = configMap({
      name: 'A',
      generateName: 'B',
      namespace: '',
      labels: { '': '' },
      annotations: { '': '' },
      ownerReferences: [{ ...owner, uid: '' }],
      finalizers: [''],
      managedFields: [{}],
    })
    const fields = metadataErrors(TYPE, object).map(({ field }) => field.split('[', 1)[0])
    expect([...new Set(fields)]).toEqual(
      [
        'generateName',
        'name',
        'namespace',
        'labels',
        'annotations',
        'ownerReferences',
        'finalizers',
        'managedFields',
      ].map((name) => `metadata.${name}`),
    )
  })

  it('has no namespace where there are none', () => {
    const errors = metadataErrors({ ...TYPE, namespaced: false }, configMap({})).map(shown)
    expect(errors).toEqual(['metadata.namespace: Forbidden: not allowed on this type'])
  })
})

describe('the metadata of an object that replaces another', () => {
  const update = (metadata: object, old: object, submitted = metadata) =>
    metadataUpdateErrors(TYPE, configMap(metadata), configMap(old), configMap(submitted)).map(shown)

  it('is looked at three times', () => {
    expect(update({ labels: { a: '-' } }, {})).toHaveLength(3)
    expect(update({ finalizers: ['-'] }, {})).toHaveLength(1)
  })

  it('may have a name that is none any more', () => {
    expect(update({ name: 'NOT.a_label', generateName: '..' }, {})).toEqual([])
    expect(update({ name: 'a/b' }, {})).toEqual([
      'metadata.name: Invalid value: "a/b": may not contain \'/\'',
    ])
  })

  it('has no new finalizers when it is being deleted', () => {
    const deletionTimestamp = '2026-11-22T11:56:12Z'
    const old = { deletionTimestamp, finalizers: ['a.io/a'] }
    expect(update({ ...old, finalizers: [] }, old)).toEqual([])
    expect(new Set(update({ ...old, finalizers: ['a.io/c', 'a.io/b', 'a.io/a'] }, old))).toEqual(
      new Set([
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.io/b", "a.io/c"}',
      ]),
    )
  })

  it('does not say that it is being deleted', () => {
    const deletionTimestamp = '2026-11-22T11:56:12Z'
    expect(update({}, {}, { deletionTimestamp })[0]).toBe(
      `metadata.deletionTimestamp: Invalid value: "${deletionTimestamp}": field is immutable`,
    )
    expect(update({ deletionTimestamp }, { deletionTimestamp }, {})).toEqual([])
  })
})

it('says of names with dots that they must have none', () => {
  expect(labelProblems('a.b')).toEqual(['must not contain dots'])
  expect(labelProblems('A.b')[0]).toMatch(/^a lowercase RFC 1123 label must consist/)
})
