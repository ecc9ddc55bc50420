import type english from '../en/client';

export default {
  'error.UNREACHABLE': 'Clio가 응답하지 않습니다. 다시 시작하는 중이거나 네트워크가 끊겼을 수 있습니다.',
  'error.UNAVAILABLE': '지금은 조회 서비스를 사용할 수 없습니다.',
  'error.DEADLINE_EXCEEDED': '응답이 너무 오래 걸렸습니다. 날짜, 그룹 또는 측정값을 줄여 보세요.',
  'error.NOT_FOUND': '이 페이지가 보여 주는 스냅샷을 지금은 사용할 수 없습니다.',
  'error.UNAUTHENTICATED': '로그인하지 않았거나 로그인이 만료되었습니다. 페이지를 다시 열어 로그인하세요.',
  'error.INTERNAL': 'Clio 내부에서 문제가 발생했습니다.',
  'error.PERMISSION_DENIED': '권한이 없습니다: {message}',
  'error.CONFLICT': '그 사이에 다른 사람이 변경했습니다: {message}',
  'error.INVALID_ARGUMENT': '처리할 수 없는 요청입니다: {message}',
  'error.RESOURCE_EXHAUSTED': '한 번에 처리할 수 있는 양을 넘었습니다: {message}',
  'error.noAnswer': '게이트웨이 {gateway}에서 응답이 없습니다',
  'error.onlySignedIn': '게이트웨이 {gateway}에는 로그인한 사용자만 접근할 수 있습니다',
  'error.mayNotAsk': '로그인되어 있지만 이 조회에 대한 권한이 없습니다',
  'error.notGraphQL': '게이트웨이 {gateway}의 응답(HTTP {status})에 GraphQL 응답이 없습니다',
} satisfies Record<keyof typeof english, string>;
