export {
  LIST_SHOWN,
  negotiate,
  negotiateAny,
  OBJECT_SHOWN,
  type Representation,
  type ShownAs,
} from './accept.ts'
export { AccessControl, type AccessControlComponents } from './access-control.ts'
export {
  type Answer,
  jsonAnswer,
  objectAnswer,
  pageNotFound,
  type StreamedAnswer,
  statusAnswer,
  textAnswer,
  type UpgradeAnswer,
  type UpgradedConnection,
  type WholeAnswer,
} from './answer.ts'
export {
  ApiListener,
  type ApiListenerOptions,
  type Handler,
  type ServingCertificate,
} from './api-listener.ts'
export type { ApiRequest } from './api-request.ts'
export { asStatus } from './as-status.ts'
export { CLIENT_GONE } from './client-gone.ts'
export type { IncomingRequest } from './incoming-request.ts'
export { RequestLimit, type RequestLimits } from './request-limit.ts'
export { WatchLimit, type WatchLimits } from './watch-limit.ts'
