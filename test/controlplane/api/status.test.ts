import { describe, expect, it } from 'vitest'
import { forbidden, invalid, notSupported, required } from '../../../src/controlplane/api/field-error.ts'
import {
  alreadyExists,
  conflict,
  invalidObject,
  notFound,
  type StatusError,
} from '../../../src/controlplane/api/status.ts'

const CONFIG_MAPS = { group: '', resource: 'configmaps' }
const ROLES = { group: 'rbac.authorization.k8s.io', resource: 'roles' }

/** As a kube-apiserver answered. */
const table: [name: string, error: StatusError, status: object][] = [
  [
    'what is not there',
    notFound(CONFIG_MAPS, 'nope'),
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', kind: 'configmaps' },
      code: 404,
    },
  ],
  [
    'what is there already',
    alreadyExists(ROLES, 'r'),
    {
      message: 'roles.rbac.authorization.k8s.io "r" already exists',
      reason: 'AlreadyExists',
      details: { name: 'r', group: 'rbac.authorization.k8s.io', kind: 'roles' },
      code: 409,
    },
  ],
  [
    'what has changed meanwhile',
    conflict(CONFIG_MAPS, 'a'),
    {
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      reason: 'Conflict',
      details: { name: 'a', kind: 'configmaps' },
      code: 409,
    },
  ],
  [
    'one field that is wrong',
    invalidObject({ group: '', kind: 'ConfigMap' }, '', [
      required('metadata.name', 'name or generateName is required'),
    ]),
    {
      message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      reason: 'Invalid',
      details: {
        kind: 'ConfigMap',
        causes: [
          {
            reason: 'FieldValueRequired',
            message: 'Required value: name or generateName is required',
            field: 'metadata.name',
          },
        ],
      },
      code: 422,
    },
  ],
  [
    'several fields that are wrong',
    invalidObject({ group: 'apps', kind: 'Deployment' }, 'f', [
      required('spec.selector'),
      invalid('spec.template.metadata.labels', null, '`selector` does not match template `labels`'),
    ]),
    {
      message:
        'Deployment.apps "f" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`]',
      details: {
        name: 'f',
        group: 'apps',
        kind: 'Deployment',
        causes: [
          { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.selector' },
          {
            reason: 'FieldValueInvalid',
            message: 'Invalid value: null: `selector` does not match template `labels`',
            field: 'spec.template.metadata.labels',
          },
        ],
      },
    },
  ],
]

describe('a Status', () => {
  it.each(table)('about %s', (_name, error, status) => {
    expect(error.toStatus()).toMatchObject(status)
    expect(error.message).toBe(error.toStatus().message)
  })

  it('names what a field may be, and what it may not', () => {
    expect(notSupported('spec.color', 'blue', ['red', 'green']).message).toBe(
      'Unsupported value: "blue": supported values: "red", "green"',
    )
    expect(forbidden('spec', 'it is immutable').message).toBe('Forbidden: it is immutable')
  })
})
