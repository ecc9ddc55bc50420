import type english from '../en/pages';

export default {
  'pages.notFoundTitle': '페이지를 찾을 수 없음',
  'pages.notFound': '이 주소에는 페이지가 없습니다.',
  'pages.toExplore': '탐색으로 이동',
  'pages.openingLink': '링크 여는 중',
} satisfies Record<keyof typeof english, string>;
