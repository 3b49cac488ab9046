import { describe, expect, it } from 'vitest'
import { requestInfo } from '../../../src/controlplane/api/request-info.ts'
import {
  accessReviewStatus,
  forbidden,
  serviceAccountUser,
  type User,
} from '../../../src/controlplane/rbac/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { pathRequest, resourceRequest, userOf } from './rbac-fixture.ts'

const BOB = serviceAccountUser('rec', 'bob')

describe('what is not allowed', () => {
  it.each<[name: string, user: User]>([
    ['anonymous', userOf('system:anonymous', 'system:unauthenticated')],
    ['forbidden list', BOB],
    ['forbidden cluster scope', BOB],
    ['forbidden create subresource', BOB],
    ['role escalation refused', userOf('carol')],
  ])('is refused as a kube-apiserver refused it: %s', (name, user) => {
    const { request, response } = recordedExchange(name)
    const attributes = requestInfo(request.method ?? 'GET', new URL(request.path, 'https://localhost'))
    const error = forbidden(user, attributes)
    expect(error.httpStatus).toBe(response.status)
    expect(error.toStatus()).toEqual(response.body)
  })

  it('says which path it was', () => {
    expect(forbidden(userOf('x'), pathRequest('get', '/y')).toStatus()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'forbidden: User "x" cannot get path "/y"',
      reason: 'Forbidden',
      details: {},
      code: 403,
    })
  })

  it('says the reason, if there is one', () => {
    const reason = 'RBAC: clusterrole.rbac.authorization.k8s.io "r" not found'
    const attributes = resourceRequest('patch', 'deployments/scale', {
      group: 'apps',
      name: 'd',
      namespace: 'a',
    })
    expect(forbidden(userOf('x'), attributes, reason).message).toBe(
      `deployments.apps "d" is forbidden: User "x" cannot patch resource "deployments/scale" in API group "apps" in the namespace "a": ${reason}`,
    )
  })

  it('cannot smuggle markup into a browser', () => {
    expect(forbidden(userOf('<b>&'), pathRequest('get', '/<script>')).message).toBe(
      'forbidden: User "&lt;b&gt;&amp;" cannot get path "/&lt;script&gt;"',
    )
  })

  it('is told to whoever asks beforehand', () => {
    const { status } = recordedExchange('self subject access review').response.body as { status: object }
    expect(accessReviewStatus({ allowed: false, reason: '' })).toEqual(status)
    expect(accessReviewStatus({ allowed: true, reason: 'r' })).toEqual({ allowed: true, reason: 'r' })
  })
})
