// https://github.com/opentofu/setup-opentofu
'use strict';

require('./common/infrastructure.js').setUp('tofu');
