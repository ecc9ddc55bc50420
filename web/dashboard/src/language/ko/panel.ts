import type english from '../en/panel';

export default {
  'panel.loading': '불러오는 중',
  'panel.notLoaded': '불러오지 못했습니다.',
  'panel.failed': '불러올 수 없습니다.',
  'panel.notUpdated': '새로 고칠 수 없습니다.',
  'panel.kept': '아래 수치는 문제가 생기기 전의 값입니다.',
  'panel.again': '다시 시도',
  'panel.retried': '몇 초마다 자동으로 다시 시도합니다.',
  'panel.details': '자세히',
  'panel.takeAway': '내보내기: {title}',
  'panel.noSnapshot': '아직 제공 중인 스냅샷이 없습니다.',
  'panel.fillsItself': '첫 스냅샷이 발행되면 페이지가 자동으로 채워집니다.',
  'preview.none': '미리보기 없음',
  'preview.broken': '미리보기를 표시할 수 없습니다',
  'reach.cannotTell': '알 수 없음',
  'reach.unsure': '{bounds}, 나머지에 비해 너무 적어 확실하지 않음',
} satisfies Record<keyof typeof english, string>;
