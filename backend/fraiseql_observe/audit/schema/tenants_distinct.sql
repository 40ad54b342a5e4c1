select distinct tenant_id from ({select}) as t
