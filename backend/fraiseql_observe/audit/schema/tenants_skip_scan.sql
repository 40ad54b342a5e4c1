-- Jumps from tenant to tenant along an index: as fast as there are tenants, however many rows they have.
select tenant_id
  from (with recursive found (tenant) as (
          (select {key} from {relation} as t where {key} is not null order by {key} limit 1)
          union all
          select (select {key} from {relation} as t where {key} > found.tenant order by {key} limit 1)
            from found
           where found.tenant is not null
        )
        select tenant::text as tenant_id from found where tenant is not null) as tenants
 where {scope} is null
