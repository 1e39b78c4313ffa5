// https://github.com/hashicorp/setup-terraform
'use strict';

require('./common/infrastructure.js').setUp('terraform');
